import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  Parser,
  type Tags,
  type YAMLMap,
} from 'yaml';
import { PortholeError } from '../errors.ts';

/** Mappings and lists inside one another, the outermost counted. */
export const MAX_DEPTH = 64;
/** Lexical tokens of the text, and nodes of the value with aliases expanded: 5,000 large entries have 900,000 tokens. */
const MAX_SIZE = 1_000_000;

/**
 * The first document of YAML text, as kubectl's parser reads it: YAML 1.1 (`yes` is a boolean, `<<` merges), the last of
 * duplicate keys wins, later documents are not looked at. JSON is YAML. Mappings become Maps with string keys, dates stay
 * strings, no document is null. Explicit keys win over merged ones. `maxSize` bounds the time, in which nothing else happens:
 * lexical tokens, and nodes.
 * @throws {PortholeError} `ERR_KUBECONFIG`, with the line and never with a word of the text
 */
export function readYaml(text: string, maxSize = MAX_SIZE): unknown {
  const document = firstDocument(text, maxSize);
  const error =
    document.errors[0] ??
    document.warnings.find((warning) => warning.code === 'TAG_RESOLVE_FAILED');
  if (error !== undefined) {
    const line = text.slice(0, error.pos[0]).split('\n').length;
    throw broken(`line ${line}: ${SYNTAX[error.code] ?? 'not valid YAML'}`);
  }
  return new NodeReader(maxSize).read(document.contents);
}

/** The library's own messages quote the text, which may be a token. */
const SYNTAX: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'not valid YAML: a tab may not indent, use spaces',
  BAD_INDENT: 'not valid YAML: the indentation does not fit, or a bracket is not closed',
  MISSING_CHAR: 'not valid YAML: a quote, bracket, comma or colon is missing',
  BAD_DQ_ESCAPE: 'not valid YAML: unknown escape in a double-quoted string',
  BAD_SCALAR_START: 'not valid YAML: a value that starts with this character must be quoted',
  TAG_RESOLVE_FAILED:
    'not a kubeconfig: YAML tags (!name) are not supported, or do not fit the value',
};

function broken(problem: string): PortholeError {
  return new PortholeError('ERR_KUBECONFIG', problem);
}

/**
 * Lexer and parser work token by token on a stack of their own, so depth and size are judged there, exactly and in linear
 * time; composing recurses, and has to be kept from deep text: repeated, that ends the process rather than the call.
 */
function firstDocument(text: string, maxSize: number): Document.Parsed {
  const stackTraceLimit = Error.stackTraceLimit;
  // Garbage has an error at each token, and what one costs (time and memory) is nearly all stack trace.
  Error.stackTraceLimit = 0;
  try {
    const parser = new Parser();
    const composer = new Composer({
      version: '1.1',
      uniqueKeys: false,
      logLevel: 'silent',
      customTags: withoutTimes,
    });
    let size = 0;
    for (const lexeme of new Lexer().lex(text)) {
      if (++size > maxSize) throw broken(`more than ${maxSize} YAML tokens`);
      for (const token of parser.next(lexeme))
        for (const document of composer.next(token)) return document;
      if (parser.stack.length > MAX_DEPTH && depthOf(parser) > MAX_DEPTH)
        throw broken(`nested deeper than ${MAX_DEPTH} levels`);
    }
    for (const token of parser.end()) for (const document of composer.next(token)) return document;
    for (const document of composer.end(true, text.length)) return document;
    throw broken('not valid YAML');
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function depthOf(parser: Parser): number {
  return parser.stack.filter((token) => 'items' in token).length;
}

/** Go's parser makes no dates, and no base-60 numbers of `12:30`. */
function withoutTimes(tags: Tags): Tags {
  return tags.filter(
    (tag) =>
      typeof tag === 'string' ||
      !(tag.tag.endsWith(':timestamp') || ('format' in tag && tag.format === 'TIME')),
  );
}

/** Nodes to values. An alias shares the value of its anchor, but counts with all that is in it. */
class NodeReader {
  readonly #anchors = new Map<string, { readonly value: unknown; readonly size: number }>();
  readonly #maxSize: number;
  #left: number;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
    this.#left = maxSize;
  }

  read(node: unknown): unknown {
    const before = this.#left;
    this.#spend(1);
    if (isAlias(node)) return this.#alias(node.source);
    const value = this.#value(node);
    if (isNode(node) && node.anchor !== undefined)
      this.#anchors.set(node.anchor, { value, size: before - this.#left });
    return value;
  }

  #value(node: unknown): unknown {
    if (isMap(node)) return this.#map(node);
    if (isSeq(node)) return node.items.map((item) => this.read(item));
    if (!isScalar(node)) return null;
    // YAML 1.1 takes `.` for a number; Go and whoever wrote `certificate-authority: .` do not.
    return Number.isNaN(node.value) ? node.source : node.value;
  }

  #alias(name: string): unknown {
    const anchor = this.#anchors.get(name);
    if (anchor === undefined) throw broken('a YAML alias (*name) has no anchor (&name) before it');
    this.#spend(anchor.size);
    return anchor.value;
  }

  #map(node: YAMLMap): Map<string, unknown> {
    const merged = new Map<string, unknown>();
    const own = new Map<string, unknown>();
    for (const { key, value } of node.items) {
      if (isMergeKey(key)) this.#merge(merged, this.read(value));
      else own.set(keyText(this.read(key)), this.read(value));
    }
    if (merged.size === 0) return own;
    for (const [key, value] of own) merged.set(key, value);
    return merged;
  }

  /** https://yaml.org/type/merge.html: of several sources, the earlier wins. */
  #merge(into: Map<string, unknown>, sources: unknown): void {
    for (const source of Array.isArray(sources) ? sources : [sources]) {
      if (!(source instanceof Map)) throw broken('a YAML merge key (<<) needs a mapping');
      this.#spend(source.size);
      for (const [key, value] of source) if (!into.has(key)) into.set(key, value);
    }
  }

  #spend(nodes: number): void {
    this.#left -= nodes;
    if (this.#left < 0)
      throw broken(`YAML aliases that expand to more than ${this.#maxSize} nodes`);
  }
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && typeof key.value === 'symbol' && key.value.description === '<<';
}

function keyText(key: unknown): string {
  if (typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean')
    return String(key);
  throw broken('a key of a mapping must be a string');
}
