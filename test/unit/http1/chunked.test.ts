import { describe, expect, it } from 'vitest';
import { ChunkedBody } from '../../../src/http1/chunked.ts';
import type { FollowOptions } from '../../../src/http1/message.ts';
import { CHUNK_HAZARDS } from '../../support/chunk-hazards.ts';
import { bytesOf, cutAt, followPieces } from '../../support/http1.ts';

const KEEP: FollowOptions = { code: 'ERR_UPSTREAM_MALFORMED', trailers: 'keep' };
const DROP: FollowOptions = { code: 'ERR_MALFORMED_REQUEST', trailers: 'drop' };
const NEXT = 'GET /next HTTP/1.1\r\n';

/** What a reader that does not know chunks is told of `text`. */
function dataOf(text: string): string {
  let data = '';
  const body = new ChunkedBody(KEEP, (bytes, from, to) => {
    data += bytes.toString('latin1', from, to);
  });
  body.follow(bytesOf(text), 0);
  return data;
}

describe('a chunked body', () => {
  it.each([
    ['no data', '0\r\n\r\n', ''],
    ['one chunk', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
    ['two chunks', '1\r\nh\r\n4\r\nello\r\n0\r\n\r\n', 'hello'],
    [
      'hexadecimal of either case',
      'a\r\n0123456789\r\nB\r\n0123456789A\r\n0\r\n\r\n',
      '01234567890123456789A',
    ],
    ['leading zeros', '0005\r\nhello\r\n000\r\n\r\n', 'hello'],
    ['the longest size', '0000000000005\r\nhello\r\n0\r\n\r\n', 'hello'],
    ['data that looks like chunks', '5\r\n0\r\n\r\n\r\n0\r\n\r\n', '0\r\n\r\n'],
    ['data that is bytes', '3\r\n\0\xff\n\r\n0\r\n\r\n', '\0\xff\n'],
    ['extensions', '5;a;b=c;d="e f\\"\\\\;";!=$\r\nhello\r\n0;last\r\n\r\n', 'hello'],
    ['the longest extension', `5;${'a'.repeat(255)}\r\nhello\r\n0\r\n\r\n`, 'hello'],
  ])('is followed to its end, and passed on whole: %s', (_name, text, data) => {
    for (const options of [KEEP, DROP]) {
      const followed = followPieces(new ChunkedBody(options), [bytesOf(text + NEXT)]);
      expect(followed).toEqual({
        end: text.length,
        passed: text,
        done: true,
        cutTrailers: false,
        refused: undefined,
      });
    }
    expect(dataOf(text)).toBe(data);
  });

  it('is not done while a byte of its end is missing', () => {
    const text = '5\r\nhello\r\n0\r\nA: 1\r\n\r\n';
    for (let length = 0; length < text.length; length++) {
      const followed = followPieces(new ChunkedBody(KEEP), [bytesOf(text.slice(0, length))]);
      expect(followed).toMatchObject({ end: length, done: false, refused: undefined });
    }
  });

  it('takes nothing once it is done', () => {
    const body = new ChunkedBody(KEEP);
    body.follow(bytesOf('0\r\n\r\n'), 0);
    expect(body.follow(bytesOf('0\r\n\r\n'), 2)).toBe(2);
  });

  it('may begin in the middle of a piece, behind its head', () => {
    const body = new ChunkedBody(DROP);
    expect(body.follow(bytesOf('HEAD5\r\nhello\r\n0\r\nA: 1\r\n\r\nNEXT'), 4)).toBe(25);
    expect(body).toMatchObject({ done: true, passedTo: 17, cutTrailers: true });
  });

  it('S18 of a million chunks of one byte is followed in bounded memory', () => {
    const body = new ChunkedBody(DROP);
    const piece = bytesOf('1\r\na\r\n'.repeat(10_000));
    for (let i = 0; i < 100; i++) expect(body.follow(piece, 0)).toBe(piece.length);
    expect(body.follow(bytesOf('0\r\n\r\n'), 0)).toBe(5);
    expect(body.done).toBe(true);
  });
});

describe('a broken chunked body is refused at its first wrong byte', () => {
  it.each(CHUNK_HAZARDS)('%s', (_hazard, good, wrong) => {
    for (const options of [KEEP, DROP]) {
      const pieces = cutAt(bytesOf(good + wrong), [good.length, good.length + 1]);
      const followed = followPieces(new ChunkedBody(options), pieces);
      expect(followed).toMatchObject({ end: good.length, done: false, refused: options.code });
      expect(followPieces(new ChunkedBody(options), [bytesOf(good + wrong)])).toMatchObject({
        passed: '',
        refused: options.code,
      });
    }
  });
});

describe('trailers', () => {
  const body = '5\r\nhello\r\n0\r\n';

  it.each([
    ['SMUG-TRAILER-CL', 'Content-Length: 50\r\n\r\n'],
    ['SMUG-TRAILER-TE', 'Transfer-Encoding: chunked\r\n\r\n'],
    ['SMUG-TRAILER-HOST', 'Host: evil\r\n\r\n'],
    ['SMUG-TRAILER-AUTH', 'Authorization: Bearer evil\r\n\r\n'],
    ['SMUG-TRAILER-CONTENT-TYPE', 'Content-Type: text/plain\r\n\r\n'],
    ['two', 'A: 1\r\nB: 2\r\n\r\n'],
    ['8 KiB', `A:${'a'.repeat(8192 - 6)}\r\n\r\n`],
  ])('S16 of a request are left out, those of a response kept: %s', (_hazard, trailers) => {
    const common = { end: (body + trailers).length, done: true, refused: undefined };
    const pieces = [bytesOf(body + trailers + NEXT)];
    expect(followPieces(new ChunkedBody(DROP), pieces)).toEqual({
      ...common,
      passed: body,
      cutTrailers: true,
    });
    expect(followPieces(new ChunkedBody(KEEP), pieces)).toEqual({
      ...common,
      passed: body + trailers,
      cutTrailers: false,
    });
  });
});
