import { expect, it } from 'vitest';
import { rewriteResponse } from '../../../src/forward/rewrite.ts';
import { parseFields } from '../../../src/http1/head.ts';
import { HeaderList } from '../../../src/http1/header-list.ts';
import { parseResponseHead } from '../../../src/http1/response-head.ts';

const all = (head: string): string =>
  parseFields(head, 0, 'ERR_UPSTREAM_MALFORMED').linesOf(() => true, undefined);

it.each([
  ['as they came', 'A: b\r\nC: d e\r\nE: \r\n', 'A: b\r\nC: d e\r\nE: \r\n'],
  ['with one space where there was none', 'A: b\r\nC:d\r\nE: f\r\n', 'A: b\r\nC: d\r\nE: f\r\n'],
  ['without space around their values', 'A: b\r\nC: \t d \t\r\nE:\r\n', 'A: b\r\nC: d\r\nE: \r\n'],
])('passes fields on %s', (_, head, lines) => {
  expect(all(head)).toBe(lines);
});

it('passes on the fields that are wanted, in their order, wherever the others stand', () => {
  const list = HeaderList.of('A', '1', 'x', '', 'B', '2', 'x', '', 'x', '', 'C', '3', 'x', '');
  expect(list.linesOf((key) => key !== 'x', undefined)).toBe('A: 1\r\nB: 2\r\nC: 3\r\n');
  expect(list.linesOf((key) => key === 'x', undefined)).toBe('x: \r\n'.repeat(4));
});

it('leaves Transfer-Encoding out for a client that knows no chunks', () => {
  const bytes = Buffer.from('HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n');
  const head = parseResponseHead(bytes, 0, bytes.length, 'GET');
  expect(rewriteResponse(head, true)).toBe('A: b\r\n');
  expect(rewriteResponse(head, false)).toBe('A: b\r\nTransfer-Encoding: chunked\r\n');
});
