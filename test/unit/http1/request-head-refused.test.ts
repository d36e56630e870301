import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../src/errors.ts';
import { failureOf, readRequestHead } from '../../support/http1.ts';
import {
  CONTENT_LENGTH,
  get,
  LINES,
  line,
  post,
  REQUEST_LINES,
  TRANSFER_ENCODING,
} from '../../support/request-hazards.ts';

const fields = (count: number): string => 'X-Filler: 1\r\n'.repeat(count);

const OTHER_CODES: readonly (readonly [hazard: string, head: string, code: ErrorCode])[] = [
  ['201 header lines', line(`GET /x HTTP/1.1\r\n${fields(199)}X-Filler: 1`), 'ERR_HEAD_TOO_LARGE'],
  [
    'S08 Transfer-Encoding behind 1,100 fields',
    post(`${fields(1100)}Transfer-Encoding: chunked`),
    'ERR_HEAD_TOO_LARGE',
  ],
  [
    'S09 Impersonate-User behind 1,100 fields',
    get(`${fields(1100)}Impersonate-User: admin`),
    'ERR_HEAD_TOO_LARGE',
  ],
  ['S09 a second Host behind 1,100 fields', get(`${fields(1100)}Host: evil`), 'ERR_HEAD_TOO_LARGE'],
  ['one byte over 64 KiB', get(`A: ${'a'.repeat(65_536 - 32)}`), 'ERR_HEAD_TOO_LARGE'],
  ['F24 a target of 100 KB', line(`GET /${'a'.repeat(100_000)} HTTP/1.1`), 'ERR_HEAD_TOO_LARGE'],
  ['F14 CONNECT', line('CONNECT h:443 HTTP/1.1'), 'ERR_METHOD_NOT_ALLOWED'],
  ['F14 CONNECT to a path', line('CONNECT /x HTTP/1.1'), 'ERR_METHOD_NOT_ALLOWED'],
];

describe('a request head is refused', () => {
  for (const [group, rows] of Object.entries({
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    LINES,
    REQUEST_LINES,
  })) {
    it.each(rows)(`for its ${group.toLowerCase().replace('_', ' ')}: %s`, (_hazard, head) => {
      expect(failureOf(() => readRequestHead(head))).toBe('ERR_MALFORMED_REQUEST');
    });
  }

  it.each(OTHER_CODES)('with a code of its own: %s', (_hazard, head, code) => {
    expect(failureOf(() => readRequestHead(head))).toBe(code);
  });
});
