// Small changes to well-formed messages, of the kinds that tell two parsers apart.
import fc from 'fast-check';

const FRAGMENTS = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\r\n\r\n',
    '\0',
    '\x0b',
    '\x7f',
    '\xa0',
    ' ',
    '\t',
    ':',
    ',',
    ';',
    '"',
    '=',
    '0',
    '5',
    'f',
    'x',
    '-',
    '_',
  ],
  ...[
    'Content-Length: 5\r\n',
    'Content-Length: 0\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Transfer-Encoding: identity\r\n',
  ],
  ...[
    'Host: localhost:8001\r\n',
    'Connection: close\r\n',
    'Connection: upgrade\r\nUpgrade: x\r\n',
    'Expect: x\r\n',
    'A: 1\r\n b\r\n',
  ],
  ...[
    'HTTP/1.0',
    'HTTP/1.1',
    'chunked',
    'http://',
    'CONNECT ',
    'PRI ',
    '5\r\nhello\r\n',
    '0\r\n\r\n',
    ';a="b"',
    ';a=b',
    '0\r\nA: 1\r\n\r\n',
  ],
  'GET /smuggled HTTP/1.1\r\nHost: localhost:8001\r\n\r\n',
];

type Change = (text: string) => string;

/** Places in a text, every second one just behind a line's end: that is where framing is decided. */
const place: fc.Arbitrary<(text: string) => number> = fc
  .tuple(fc.nat(), fc.boolean())
  .map(([n, atLine]) => (text) => {
    const at = n % (text.length + 1);
    const line = text.indexOf('\r\n', at);
    return atLine && line >= 0 ? line + 2 : at;
  });

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(place, fc.constantFrom(...FRAGMENTS)).map(
    ([find, fragment]): Change =>
      (text) =>
        spliced(text, find(text), 0, fragment),
  ),
  fc.tuple(place, fc.integer({ min: 1, max: 4 })).map(
    ([find, count]): Change =>
      (text) =>
        spliced(text, find(text), count, ''),
  ),
  fc.tuple(place, fc.integer({ min: 0, max: 255 })).map(
    ([find, code]): Change =>
      (text) =>
        spliced(text, find(text), 1, String.fromCharCode(code)),
  ),
  fc.tuple(place, place, place).map(
    ([from, to, at]): Change =>
      (text) => {
        return spliced(text, at(text), 0, text.slice(from(text), to(text)));
      },
  ),
);

function spliced(text: string, at: number, removed: number, added: string): string {
  return text.slice(0, at) + added + text.slice(at + removed);
}

/** One of `seeds`, changed in one to three places. */
export function mutationsOf(seeds: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...seeds), fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([seed, changes]) => changes.reduce((text, apply) => apply(text), seed));
}
