import { isDeepStrictEqual } from 'node:util';
import {
  Composer,
  type Document,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  Parser,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { PortholeError } from '../../errors.ts';
import { quote } from '../../printable.ts';
import { readYaml } from '../yaml.ts';

type Found = Pair<unknown, unknown>;

/**
 * The text of a kubeconfig with other values in `users[name].user.auth-provider.config`. The new values take the place of the
 * old, or a line of their own; all else stays byte for byte. Read again, the text differs in nothing but the changes.
 * @throws {PortholeError} `ERR_CREDENTIALS`, `ERR_KUBECONFIG`: there is no such place, or the text is written in a way that
 * does not allow it
 */
export function setAuthProviderConfig(
  text: string,
  userName: string,
  changes: ReadonlyMap<string, string>,
): string {
  const before = readYaml(text);
  const expected = changed(before, userName, changes);
  let edited = text;
  for (const [key, value] of changes)
    edited = setKey(edited, configOf(compose(edited), userName), key, value);
  if (!isDeepStrictEqual(readYaml(edited), expected)) throw unfit();
  return edited;
}

/** What the file is to say, as values. */
function changed(root: unknown, userName: string, changes: ReadonlyMap<string, string>): unknown {
  const users = root instanceof Map ? root.get('users') : undefined;
  const index = Array.isArray(users)
    ? users.findIndex((user) => user instanceof Map && (user.get('name') ?? '') === userName)
    : -1;
  if (index < 0) throw refuse(`user ${quote(userName)} is not in the kubeconfig any more`);
  const set = (node: unknown, [key, ...rest]: readonly string[]): unknown => {
    if (!(node instanceof Map)) throw noProvider(userName);
    if (key === undefined) return new Map([...node, ...changes]);
    return new Map([...node, [key, set(node.get(key), rest)]]);
  };
  const user = set(users[index], ['user', 'auth-provider', 'config']);
  return new Map([...(root as Map<string, unknown>), ['users', users.with(index, user)]]);
}

/** The first document, as `readYaml` takes it; that has judged size and depth. */
function compose(text: string): Document.Parsed | undefined {
  const composer = new Composer({ version: '1.1', uniqueKeys: false, logLevel: 'silent' });
  for (const token of new Parser().parse(text))
    for (const document of composer.next(token)) return document;
  for (const document of composer.end(true, text.length)) return document;
  return undefined;
}

function configOf(document: Document.Parsed | undefined, userName: string): YAMLMap {
  const users = childOf(document?.contents, 'users');
  if (!isSeq(users)) throw unfit();
  const entry = users.items.find((item) => {
    const name = childOf(item, 'name');
    return isMap(item) && (isScalar(name) ? (name.value ?? '') : '') === userName;
  });
  const config = childOf(childOf(childOf(entry, 'user'), 'auth-provider'), 'config');
  if (!isMap(config)) throw unfit();
  return config;
}

function childOf(node: unknown, key: string): unknown {
  return isMap(node) ? pairOf(node, key)?.value : undefined;
}

/** Of duplicate keys the last counts. */
function pairOf(map: YAMLMap, key: string): Found | undefined {
  return map.items.findLast((pair) => isScalar(pair.key) && pair.key.value === key);
}

function setKey(text: string, config: YAMLMap, key: string, value: string): string {
  const pair = pairOf(config, key);
  if (pair === undefined) return addKey(text, config, key, value);
  const range = rangeOf(pair.value);
  if (range === undefined) throw unfit();
  const [from, to] = range;
  const old = text.slice(from, to);
  const written = write(value, config.flow ? 'QUOTE_DOUBLE' : styleOf(pair.value));
  // A block scalar ends with its line.
  const end = old.endsWith('\n') ? lineBreak(text) : '';
  // Where there was nothing, what stands around it may be too close.
  const space = old === '' && /\S/.test(text[from - 1] ?? '') ? ' ' : '';
  const gap = old === '' && /[^\s,}]/.test(text[to] ?? '') ? ' ' : '';
  return `${text.slice(0, from)}${space}${written}${end}${gap}${text.slice(to)}`;
}

function addKey(text: string, config: YAMLMap, key: string, value: string): string {
  const last = config.items.at(-1);
  const begin = rangeOf(last?.key)?.[0];
  const end = rangeOf(last?.value)?.[1] ?? rangeOf(last?.key)?.[1];
  if (begin === undefined || end === undefined) throw unfit();
  const indent = text.slice(text.lastIndexOf('\n', begin - 1) + 1, begin);
  if (config.flow) {
    const quoted = isScalar(last?.key) && last.key.type === 'QUOTE_DOUBLE';
    const ownLine = /^\s*$/.test(indent) && text.lastIndexOf('\n', begin - 1) >= 0;
    const field = `${quoted ? JSON.stringify(key) : key}: ${write(value, 'QUOTE_DOUBLE')}`;
    const gap = ownLine ? `${lineBreak(text)}${indent}` : ' ';
    return `${text.slice(0, end)},${gap}${field}${text.slice(end)}`;
  }
  if (!/^ *$/.test(indent)) throw unfit();
  const line = `${indent}${key}: ${write(value, 'PLAIN')}`;
  if (text[end - 1] === '\n')
    return `${text.slice(0, end)}${line}${lineBreak(text)}${text.slice(end)}`;
  const next = text.indexOf('\n', end) + 1;
  if (next === 0) return `${text}${lineBreak(text)}${line}`;
  return `${text.slice(0, next)}${line}${lineBreak(text)}${text.slice(next)}`;
}

function rangeOf(node: unknown): readonly [number, number] | undefined {
  const range = (node as { range?: readonly number[] | null } | null | undefined)?.range;
  return range?.[0] === undefined || range[1] === undefined ? undefined : [range[0], range[1]];
}

function styleOf(node: unknown): Scalar.Type | undefined {
  return isScalar(node) ? node.type : undefined;
}

/** In the quotes that were there, where the value allows it. Without any only what no parser takes for something else. */
function write(value: string, style: Scalar.Type | undefined): string {
  if (style === 'QUOTE_SINGLE' && /^[ -~]*$/.test(value)) return `'${value.replaceAll("'", "''")}'`;
  if (style === 'QUOTE_DOUBLE' || !/^[A-Za-z][\w.-]{5,}$/.test(value)) return JSON.stringify(value);
  return value;
}

function lineBreak(text: string): string {
  return /\r\n/.test(text) ? '\r\n' : '\n';
}

function noProvider(userName: string): PortholeError {
  return refuse(`user ${quote(userName)} has no auth-provider in the kubeconfig any more`);
}

function unfit(): PortholeError {
  return refuse(
    'the kubeconfig is written in a way that porthole cannot change (YAML aliases or anchors around the tokens?); write the user entry out',
  );
}

function refuse(problem: string): PortholeError {
  return new PortholeError('ERR_CREDENTIALS', problem);
}
