import { Composer, type Document, isScalar, LineCounter, Parser, visit } from 'yaml';

/**
 * Keys that a mapping of a YAML text has twice, in the words of Go's parser: `line 5: key "level" already set in map; ...`. The
 * text has been read before, within its bounds; reading itself takes the last of such keys without a word.
 */
export function repeatedKeys(text: string): string[] {
  const lines = new LineCounter();
  const repeated: string[] = [];
  const document = firstDocument(text, lines);
  visit(document, {
    Map(_key, { items }) {
      const seen = new Set<string>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const name = String(key.source ?? key.value);
        if (seen.has(name) && name !== '<<')
          repeated.push(
            `line ${lines.linePos(key.range?.[0] ?? 0).line}: key "${name}" already set in map; the last one counts`,
          );
        seen.add(name);
      }
    },
  });
  return repeated;
}

function firstDocument(text: string, lines: LineCounter): Document | null {
  const composer = new Composer({ version: '1.1', uniqueKeys: false, logLevel: 'silent' });
  for (const token of new Parser(lines.addNewLine).parse(text))
    for (const document of composer.next(token)) return document;
  for (const document of composer.end()) return document;
  return null;
}
