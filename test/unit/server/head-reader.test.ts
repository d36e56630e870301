import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { HeadReader } from '../../../src/server/head-reader.ts';

const REQUESTS = ['/a', '/bb', '/ccc'].map((path) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`);
const TEXT = `${REQUESTS.join('')}GET /unfin`;

/** Pushes pieces, reading what can be read after each if asked to, and all of it at the end. */
function read(pieces: readonly string[], eagerly: (i: number) => boolean): string[] {
  const reader = new HeadReader();
  const targets: string[] = [];
  const readAll = (): void => {
    for (let head = reader.next(); head !== undefined; head = reader.next()) {
      targets.push(head.target);
    }
  };
  pieces.forEach((piece, i) => {
    reader.push(Buffer.from(piece));
    if (eagerly(i)) readAll();
  });
  readAll();
  expect(reader.length).toBe('GET /unfin'.length);
  targets.push(reader.take().toString());
  expect(reader.length).toBe(0);
  return targets;
}

describe('HeadReader', () => {
  it('reads the same heads, and leaves the same rest, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(TEXT.length - 1), { maxLength: TEXT.length }),
        fc.infiniteStream(fc.boolean()),
        (cuts, eager) => {
          const at = [0, ...cuts.toSorted((a, b) => a - b), TEXT.length];
          const pieces = at.slice(1).map((end, i) => TEXT.slice(at[i], end));
          const targets = read(
            pieces.filter((piece) => piece !== ''),
            () => eager.next().value === true,
          );
          expect(targets).toEqual(['/a', '/bb', '/ccc', 'GET /unfin']);
        },
      ),
    );
  });

  it('keeps a piece without a line end behind the head that is still held', () => {
    expect(read([REQUESTS.join(''), 'GE', 'T /unfin'], () => false).at(-1)).toBe('GET /unfin');
  });

  it('refuses a head over the limit that has no line end', () => {
    const reader = new HeadReader();
    expect(() => {
      for (let i = 0; i < 70; i++) {
        reader.push(Buffer.alloc(1024, 'x'));
        reader.next();
      }
    }).toThrow(expect.objectContaining({ code: 'ERR_HEAD_TOO_LARGE' }));
  });

  it('joins single bytes now and then, since each costs two hundred as a piece', () => {
    const joins = vi.spyOn(Buffer, 'concat');
    const reader = new HeadReader();
    for (let i = 0; i < 1_024; i++) reader.push(Buffer.from('x'));
    const count = joins.mock.calls.length;
    joins.mockRestore();
    expect(count).toBe(3);
    expect(reader.length).toBe(1_024);
  });
});
