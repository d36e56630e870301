// Changes to the bytes of messages, of the kinds that tell two readers of HTTP apart.
import type { Random } from './random.ts';

type Change = (text: string, random: Random) => string;

/** What has a meaning, or nearly. */
const FRAGMENTS = [
  ...['\r\n', '\n', '\r', '\r\n\r\n', '\n\n', '\0', '\x0b', '\x0c', '\x1b', '\x7f', '\x85', '\xa0'],
  ...[
    '\xff',
    '\xc3\xa9',
    ' ',
    '\t',
    '  ',
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
    '+',
  ],
  ...[
    'Content-Length: 5\r\n',
    'Content-Length: 0\r\n',
    'Content-Length: 05\r\n',
    'content-length:5\r\n',
  ],
  ...[
    'Transfer-Encoding: chunked\r\n',
    'Transfer-Encoding: identity\r\n',
    'transfer-encoding:chunked\r\n',
  ],
  ...['Host: localhost\r\n', 'Connection: close\r\n', 'Connection: keep-alive\r\n'],
  ...['Connection: upgrade\r\nUpgrade: websocket\r\n', 'Connection: Content-Length, Host\r\n'],
  ...[
    'Connection: transfer-encoding, content-length\r\n',
    'Expect: 100-continue\r\n',
    'Expect: x\r\n',
  ],
  ...[
    'A: 1\r\n b\r\n',
    ' \r\n',
    'Trailer: Content-Length\r\n',
    'TE: trailers\r\n',
    'Audit-ID: x\r\n',
  ],
  ...['HTTP/1.0', 'HTTP/1.1', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.1 100 Continue\r\n\r\n', ' HTTP/1.1'],
  ...['chunked', ', chunked', 'chunked, ', 'http://localhost', 'CONNECT ', 'HEAD ', 'PRI * '],
  ...[
    '5\r\nhello\r\n',
    '0\r\n\r\n',
    '0\r\nA: 1\r\n\r\n',
    ';a="b"',
    ';a=b',
    ';',
    '0x',
    '00',
    'ffffffffffffffff',
  ],
  'GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nstolen!',
] as const;

/** Numbers at which a reader may change its mind. */
const LENGTHS = [
  ...['', '0', '1', '-1', '+1', '05', '0x5', '1e1', '5.0', '5, 5', '5,6'],
  ...['4294967295', '4294967296', '9007199254740993', '18446744073709551616'],
  ...['18446744073709551621', '999999999999999999999'],
];

const CHANGES: readonly Change[] = [
  (text, random) => spliced(text, place(text, random), 0, random.of(FRAGMENTS)),
  (text, random) => spliced(text, place(text, random), 1 + random.below(4), random.of(FRAGMENTS)),
  (text, random) => spliced(text, place(text, random), 1 + random.below(4), ''),
  (text, random) => spliced(text, place(text, random), 1, String.fromCharCode(random.below(256))),
  (text, random) => spliced(text, place(text, random), 0, String.fromCharCode(random.below(256))),
  flipBit,
  repeatStretch,
  moveStretch,
  repeatLine,
  deleteLine,
  swapLines,
  changeCase,
  changeLineEnd,
  changeWhiteSpace,
  changeNumber,
  changeVersion,
  (text, random) => text.slice(0, random.below(text.length + 1)),
  (text, random) => text.slice(random.below(Math.min(text.length, 40) + 1)),
  (text) => text + text,
  grow,
];

/** `text`, changed in one to four ways. */
export function mutated(text: string, random: Random): string {
  let changed = text;
  for (let i = random.of([1, 1, 1, 1, 2, 2, 3, 4]); i > 0; i--)
    changed = random.of(CHANGES)(changed, random);
  return changed.length > 300_000 ? changed.slice(0, 300_000) : changed;
}

function spliced(text: string, at: number, removed: number, added: string): string {
  return text.slice(0, at) + added + text.slice(at + removed);
}

/** Often where a line begins: that is where framing is decided. */
function place(text: string, random: Random): number {
  const at = random.below(text.length + 1);
  if (random.once(2)) return at;
  const line = text.indexOf('\r\n', at);
  return line < 0 ? at : line + random.of([0, 1, 2, 2, 2]);
}

function flipBit(text: string, random: Random): string {
  if (text === '') return text;
  const at = random.below(text.length);
  return spliced(text, at, 1, String.fromCharCode(text.charCodeAt(at) ^ (1 << random.below(8))));
}

function repeatStretch(text: string, random: Random): string {
  const from = place(text, random);
  const stretch = text.slice(from, from + 1 + random.below(60));
  return spliced(text, from, 0, stretch.repeat(1 + random.below(3)));
}

function moveStretch(text: string, random: Random): string {
  const from = place(text, random);
  const stretch = text.slice(from, from + 1 + random.below(60));
  const rest = spliced(text, from, stretch.length, '');
  return spliced(rest, place(rest, random), 0, stretch);
}

/** The lines of `text`, each with its end. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function repeatLine(text: string, random: Random): string {
  const lines = linesOf(text);
  const at = random.below(lines.length + 1);
  // Enough for the limit of lines, at times.
  const times = random.once(30) ? 210 : 1 + random.below(2);
  lines.splice(random.below(lines.length + 1), 0, (lines[at] ?? '').repeat(times));
  return lines.join('');
}

function deleteLine(text: string, random: Random): string {
  const lines = linesOf(text);
  lines.splice(random.below(lines.length + 1), 1);
  return lines.join('');
}

function swapLines(text: string, random: Random): string {
  const lines = linesOf(text);
  const [a, b] = [random.below(lines.length), random.below(lines.length)];
  const [first = '', second = ''] = [lines[a], lines[b]];
  if (lines.length > 0) [lines[a], lines[b]] = [second, first];
  return lines.join('');
}

function changeCase(text: string, random: Random): string {
  const from = place(text, random);
  const stretch = text.slice(from, from + 1 + random.below(20));
  // Only of ASCII letters: others would leave the range of bytes.
  const changed = stretch.replace(/[a-z]/gi, (char) =>
    String.fromCharCode(char.charCodeAt(0) ^ 0x20),
  );
  return spliced(text, from, stretch.length, changed);
}

function changeLineEnd(text: string, random: Random): string {
  const end = random.of(['\n', '\r', '\r\r\n', '\n\r', '\r\n\r\n', '\r\n ', ' \r\n', '\0\r\n', '']);
  if (random.once(8)) return text.replaceAll('\r\n', end);
  const at = text.indexOf('\r\n', random.below(text.length + 1));
  return at < 0 ? text : spliced(text, at, 2, end);
}

function changeWhiteSpace(text: string, random: Random): string {
  const at = text.indexOf(random.of([': ', ' ', ':']), random.below(text.length + 1));
  if (at < 0) return text;
  const space = random.of([
    ' :',
    ':',
    ':\t',
    ' : ',
    ':  ',
    '\t',
    '  ',
    '\x0b',
    '\xa0',
    ':\x0c',
    ': ,',
  ]);
  return spliced(text, at, random.of([0, 1, 2]), space);
}

function changeNumber(text: string, random: Random): string {
  const numbers = [...text.matchAll(/(?<![\w.-])[0-9a-f]+(?=\r)/gi)];
  const found = numbers[random.below(numbers.length)];
  if (found === undefined) return text;
  const near = Number.parseInt(found[0], 16) + random.of([-2, -1, 1, 2, 5]);
  const number = random.once(2)
    ? Math.max(near, 0).toString(random.of([10, 16]))
    : random.of(LENGTHS);
  return spliced(text, found.index, found[0].length, number);
}

function changeVersion(text: string, random: Random): string {
  const versions = [
    'HTTP/1.0',
    'HTTP/1.2',
    'HTTP/0.9',
    'HTTP/2.0',
    'HTTP/1.10',
    'HTTP/01.1',
    'http/1.1',
    'HTTP/1.1 ',
  ];
  return text.replace(/HTTP\/1\.1/, random.of(versions));
}

/** Past a limit, or near one. */
function grow(text: string, random: Random): string {
  if (!random.once(6)) return text;
  const size = random.of([255, 256, 257, 4095, 8192, 8193, 16_385, 65_535, 65_537]);
  const filler = random.of(['a', '0', ' ', '\t', 'A: 1\r\n', '1\r\nx\r\n', ';', '/']);
  return spliced(text, place(text, random), 0, filler.repeat(Math.ceil(size / filler.length)));
}
