import { Lexer, Parser, parse } from 'yaml';

/** Lexical tokens: a manifest of a hundred pages has a tenth. What is more would keep the process busy for seconds. */
const TOKEN_LIMIT = 100_000;
/** What the parser has open at once: documents, mappings, lists and the scalar that it is in. */
const DEPTH_LIMIT = 100;

/**
 * The value of YAML text of one document; the last of duplicate keys wins. Throws an error of any class when it is
 * malformed or over a limit. Lexer and parser do not recurse, so limits are judged there: composing deep text can end the
 * whole process, and looking for duplicate keys or describing errors takes quadratic time.
 */
export function parseYaml(text: string): unknown {
  const parser = new Parser();
  let tokens = 0;
  for (const lexeme of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > TOKEN_LIMIT || parser.stack.length > DEPTH_LIMIT) {
      throw new RangeError('the YAML is too large or too deep');
    }
    for (const _ of parser.next(lexeme));
  }
  return parse(text, { uniqueKeys: false, prettyErrors: false, logLevel: 'error' });
}
