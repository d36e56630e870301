import { describe, expect, it } from 'vitest';
import { followBody } from '../../../src/http1/framing.ts';
import type { FollowOptions } from '../../../src/http1/message.ts';
import { bytesOf, followPieces } from '../../support/http1.ts';

const OPTIONS: FollowOptions = { code: 'ERR_MALFORMED_REQUEST', trailers: 'drop' };

describe('a body', () => {
  it('of kind none is done before any byte', () => {
    const body = followBody({ kind: 'none' }, OPTIONS);
    expect(body.done).toBe(true);
    expect(body.follow(bytesOf('GET / HTTP/1.1'), 0)).toBe(0);
    expect(body.passedTo).toBe(0);
  });

  it('of length 0 is done before any byte', () => {
    expect(followBody({ kind: 'length', length: 0 }, OPTIONS).done).toBe(true);
  });

  it('S11 shorter than its Content-Length is not done', () => {
    const body = followBody({ kind: 'length', length: 5 }, OPTIONS);
    const followed = followPieces(body, [bytesOf('he'), bytesOf('ll')]);
    expect(followed).toMatchObject({ end: 4, passed: 'hell', done: false });
  });

  it('S12 ends with its Content-Length: what comes then is no part of it', () => {
    const body = followBody({ kind: 'length', length: 5 }, OPTIONS);
    const followed = followPieces(body, [bytesOf('hel'), bytesOf('loGARBAGE'), bytesOf('more')]);
    expect(followed).toMatchObject({ end: 5, passed: 'hello', done: true });
  });

  it('may begin in the middle of a piece, behind its head', () => {
    const body = followBody({ kind: 'length', length: 2 }, OPTIONS);
    expect(body.follow(bytesOf('HEADabNEXT'), 4)).toBe(6);
    expect(body).toMatchObject({ done: true, passedTo: 6, cutTrailers: false });
  });

  it('longer than 2^32 bytes is counted exactly', () => {
    const length = 2 ** 32 + 1;
    const body = followBody({ kind: 'length', length }, OPTIONS);
    const piece = Buffer.alloc(2 ** 20);
    for (let i = 0; i < 4096; i++) body.follow(piece, 0);
    expect(body.done).toBe(false);
    expect(body.follow(piece, 0)).toBe(1);
    expect(body.done).toBe(true);
  });

  it('until close takes everything and is never done', () => {
    const body = followBody({ kind: 'close' }, OPTIONS);
    const followed = followPieces(body, [bytesOf('HTTP/1.1 200 OK\r\n\r\n'), bytesOf('0\r\n\r\n')]);
    expect(followed).toMatchObject({
      end: 24,
      passed: 'HTTP/1.1 200 OK\r\n\r\n0\r\n\r\n',
      done: false,
    });
  });

  it('of chunks ends with them', () => {
    const body = followBody({ kind: 'chunked' }, OPTIONS);
    const followed = followPieces(body, [bytesOf('1\r\na\r\n0\r\nA: 1\r\n\r\nNEXT')]);
    expect(followed).toMatchObject({
      end: 17,
      passed: '1\r\na\r\n0\r\n',
      done: true,
      cutTrailers: true,
    });
  });
});
