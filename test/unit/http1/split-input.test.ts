// Bytes come in pieces of any size: wherever they are cut, the same is read.
import { describe, expect, it } from 'vitest';
import { ChunkedBody } from '../../../src/http1/chunked.ts';
import { MAX_HEAD_BYTES } from '../../../src/http1/head.ts';
import { requestHeadEnd } from '../../../src/http1/request-head.ts';
import { parseResponseHead, responseHeadEnd } from '../../../src/http1/response-head.ts';
import { CHUNK_HAZARDS } from '../../support/chunk-hazards.ts';
import {
  bytesOf,
  cutAt,
  everyCut,
  failureOf,
  followPieces,
  readRequests,
} from '../../support/http1.ts';
import { REQUEST_CORPUS } from '../../support/request-corpus.ts';
import {
  CONTENT_LENGTH,
  LINES,
  REQUEST_LINES,
  TRANSFER_ENCODING,
} from '../../support/request-hazards.ts';

const KEEP = { code: 'ERR_UPSTREAM_MALFORMED', trailers: 'keep' } as const;
const DROP = { code: 'ERR_MALFORMED_REQUEST', trailers: 'drop' } as const;

/** Where the head ends, asked after each piece as a connection asks. */
function headEnd(pieces: readonly Buffer[], find: typeof requestHeadEnd): number {
  let held = Buffer.alloc(0);
  let end = -1;
  for (const piece of pieces) {
    const scanned = held.length;
    held = Buffer.concat([held, piece]);
    end = find(held, scanned);
    if (end >= 0) break;
  }
  return end;
}

describe('requests that are cut anywhere are read as if they were whole', () => {
  it.each(REQUEST_CORPUS)('%s', (_name, text) => {
    const bytes = bytesOf(text);
    const whole = readRequests([bytes]);
    expect(whole.refused).toBeUndefined();
    expect(whole.requests.length).toBeGreaterThan(0);
    for (const pieces of everyCut(bytes)) expect(readRequests(pieces)).toEqual(whole);
  });

  it.each([...CONTENT_LENGTH, ...TRANSFER_ENCODING, ...LINES, ...REQUEST_LINES])(
    'and refused as if they were whole: %s',
    (_hazard, head) => {
      const bytes = bytesOf(head);
      for (const pieces of everyCut(bytes)) {
        expect(readRequests(pieces)).toEqual({ requests: [], refused: 'ERR_MALFORMED_REQUEST' });
      }
    },
  );
});

describe('response heads that are cut anywhere', () => {
  it.each([
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
    'HTTP/1.0 200\r\n\r\n\r\n\r\n',
  ])('are read as if they were whole: %j', (text) => {
    const bytes = bytesOf(text);
    const end = text.indexOf('\r\n\r\n') + 4;
    const whole = parseResponseHead(bytes, 0, end, 'GET');
    for (const pieces of everyCut(bytes)) {
      expect(headEnd(pieces, responseHeadEnd)).toBe(end);
      expect(parseResponseHead(Buffer.concat(pieces), 0, end, 'GET')).toEqual(whole);
    }
  });

  it.each(['HTTP/1.1 200 OK\nA: 1\r\n\r\n', 'HTTP/2 200 OK\r\n\r\n', 'ICY 200 OK\r\n\r\n'])(
    'are refused as if they were whole: %j',
    (text) => {
      for (const pieces of everyCut(bytesOf(text))) {
        const read = () => {
          const end = headEnd(pieces, responseHeadEnd);
          if (end >= 0) parseResponseHead(bytesOf(text), 0, end, 'GET');
        };
        expect(failureOf(read)).toBe('ERR_UPSTREAM_MALFORMED');
      }
    },
  );
});

describe('the end of a head', () => {
  it('is not there before its last byte', () => {
    const text = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
    for (let length = 0; length < text.length; length++) {
      expect(requestHeadEnd(bytesOf(text.slice(0, length)), 0)).toBe(-1);
    }
    expect(requestHeadEnd(bytesOf(`${text}GET / HTTP/1.1\r\n\r\n`), 0)).toBe(text.length);
  });

  it('is not waited for behind a bare LF', () => {
    expect(failureOf(() => requestHeadEnd(bytesOf('GET / HTTP/1.1\n'), 0))).toBe(
      'ERR_MALFORMED_REQUEST',
    );
    expect(failureOf(() => responseHeadEnd(bytesOf('HTTP/1.1 200 OK\n'), 0))).toBe(
      'ERR_UPSTREAM_MALFORMED',
    );
  });

  const start = 'GET / HTTP/1.1\r\nA: ';
  const long = (bytes: number): string => start + 'a'.repeat(bytes - start.length);
  it.each([
    ['a head of 64 KiB', `${long(MAX_HEAD_BYTES - 4)}\r\n\r\n`, undefined],
    [
      'a head with its last byte over 64 KiB',
      `${long(MAX_HEAD_BYTES - 3)}\r\n\r\n`,
      'ERR_HEAD_TOO_LARGE',
    ],
    ['64 KiB without an end', long(MAX_HEAD_BYTES), 'ERR_HEAD_TOO_LARGE'],
    ['one byte less without an end', long(MAX_HEAD_BYTES - 1), undefined],
    [
      'a bare LF, then too much',
      `GET / HTTP/1.1\n${long(MAX_HEAD_BYTES)}\r\n\r\n`,
      'ERR_MALFORMED_REQUEST',
    ],
    ['too much, then a bare LF', `${long(MAX_HEAD_BYTES)}\n`, 'ERR_HEAD_TOO_LARGE'],
  ])('is judged alike in one piece and in many: %s', (_name, text, code) => {
    const bytes = bytesOf(text);
    const cuts = [1, 15, 16, 65_530, 65_535, 65_536, 65_537].filter((at) => at < bytes.length);
    for (const pieces of [[bytes], cutAt(bytes, cuts), ...cuts.map((at) => cutAt(bytes, [at]))]) {
      expect(failureOf(() => headEnd(pieces, requestHeadEnd))).toBe(code);
    }
  });
});

describe('chunked bodies that are cut anywhere', () => {
  it.each([
    '0\r\n\r\n',
    '5\r\nhello\r\n0\r\n\r\nNEXT',
    '5;a="b\\"c"\r\nhello\r\n1;d\r\n!\r\n0;e\r\n\r\n0\r\n\r\n',
    '2\r\n\r\n\r\n0\r\nA: 1\r\nB: 2\r\n\r\nNEXT',
    '0\r\nA: 1\r\n\r\n\r\n',
  ])('end where they end in one piece, and pass on the same: %j', (text) => {
    const bytes = bytesOf(text);
    for (const options of [KEEP, DROP]) {
      const whole = followPieces(new ChunkedBody(options), [bytes]);
      expect(whole.done).toBe(true);
      for (const pieces of everyCut(bytes)) {
        expect(followPieces(new ChunkedBody(options), pieces)).toEqual(whole);
      }
    }
  });

  it.each(CHUNK_HAZARDS)('are refused at the same byte: %s', (_hazard, good, wrong) => {
    const tail = good.slice(-300);
    const before = bytesOf(good.slice(0, good.length - tail.length));
    for (const cut of everyCut(bytesOf(tail + wrong[0]))) {
      const followed = followPieces(new ChunkedBody(DROP), [before, ...cut]);
      expect(followed.refused).toBe(DROP.code);
      expect(`${good}${wrong}`.startsWith(followed.passed)).toBe(true);
      expect(followed.passed.length).toBeLessThanOrEqual(good.length);
    }
  });
});
