import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Framing } from '../../../../src/http1/message.ts';
import { BodyCopy, type CopyBudget } from '../../../../src/record/body/body-copy.ts';

const CHUNKED: Framing = { kind: 'chunked' };
const length = (bytes: number): Framing => ({ kind: 'length', length: bytes });
const roomy = (): CopyBudget => ({ left: 1024 * 1024 });
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function copyOf(
  framing: Framing,
  pieces: readonly string[],
  limit = 1024,
  budget = roomy(),
): BodyCopy {
  const copy = new BodyCopy(framing, limit, budget);
  for (const piece of pieces) copy.add(Buffer.from(piece));
  return copy;
}

describe('BodyCopy', () => {
  const chunked = '5;a=b\r\nhello\r\n7\r\n, world\r\n0\r\nX-Trailer: CANARY\r\n\r\n';

  it.each<[string, Framing, readonly string[]]>([
    ['by its length', length(12), ['hello, world']],
    ['in pieces', length(12), ['hello', ', wor', 'ld']],
    ['until the connection ends', { kind: 'close' }, ['hello, ', 'world']],
    ['in chunks', CHUNKED, [chunked]],
    ['in chunks, byte by byte', CHUNKED, chunked.split('')],
  ])('keeps the content and nothing of its framing: %s', (_, framing, pieces) => {
    const copy = copyOf(framing, pieces);
    expect(copy.content.toString()).toBe('hello, world');
    expect(copy).toMatchObject({ bytes: 12, truncated: false });
    expect(copy.sha256()).toBe(sha256('hello, world'));
  });

  it('takes no more than the message has', () => {
    expect(copyOf(length(5), ['hello, world']).content.toString()).toBe('hello');
    expect(copyOf({ kind: 'none' }, ['hello']).bytes).toBe(0);
  });

  it('has its own bytes: what it was lent may be overwritten', () => {
    const lent = Buffer.from('hello');
    const copy = new BodyCopy(length(5), 1024, roomy());
    copy.add(lent);
    lent.fill('x');
    expect(copy.content.toString()).toBe('hello');
  });

  it.each<[string, Framing]>([
    ['in chunks', CHUNKED],
    ['without a length', { kind: 'close' }],
  ])('keeps the beginning up to its limit, and counts and hashes all: %s', (_, framing) => {
    const text = 'abcdefghij'.repeat(100);
    const pieces = text.match(/.{1,7}/g) ?? [];
    const wire =
      framing === CHUNKED ? pieces.map((p) => `${p.length.toString(16)}\r\n${p}\r\n`) : pieces;
    const copy = copyOf(framing, wire, 500);
    expect(copy.content.toString()).toBe(text.slice(0, 500));
    expect(copy).toMatchObject({ bytes: 1000, truncated: true });
    expect(copy.sha256()).toBe(sha256(text));
  });

  it('is whole at its very limit', () => {
    expect(copyOf({ kind: 'close' }, ['a'.repeat(500)], 500)).toMatchObject({ truncated: false });
    expect(copyOf({ kind: 'close' }, ['a'.repeat(500), 'b'], 500)).toMatchObject({
      truncated: true,
    });
  });

  it('keeps only the beginning of what is known to be too long', () => {
    const budget = roomy();
    const copy = copyOf(
      length(600_000),
      ['a'.repeat(300_000), 'a'.repeat(300_000)],
      500_000,
      budget,
    );
    expect(copy).toMatchObject({ bytes: 600_000, truncated: true });
    expect(copy.content.length).toBe(4096);
    expect(copy.sha256()).toBe(sha256('a'.repeat(600_000)));
    expect(budget.left).toBe(1024 * 1024 - 4096);
  });

  it('keeps many short pieces in about twice their size', () => {
    const budget = roomy();
    const copy = new BodyCopy({ kind: 'close' }, 1024 * 1024, budget);
    for (let i = 0; i < 100_000; i++) copy.add(Buffer.from('ab'));
    expect(copy.content.toString()).toBe('ab'.repeat(100_000));
    expect(1024 * 1024 - budget.left).toBeLessThanOrEqual(400_000);
  });

  it('stops where all copies together hold too much, and gives back what it held', () => {
    const budget: CopyBudget = { left: 10_000 };
    const first = copyOf(length(8000), ['a'.repeat(8000)], 65_536, budget);
    const second = copyOf(length(8000), ['b'.repeat(4000), 'b'.repeat(4000)], 65_536, budget);
    expect(first.truncated).toBe(false);
    expect(second).toMatchObject({ bytes: 8000, truncated: true });
    expect(second.sha256()).toBe(sha256('b'.repeat(8000)));
    first.release();
    first.release();
    second.release();
    expect(budget.left).toBe(10_000);
    expect(copyOf(length(8000), ['c'.repeat(8000)], 65_536, budget).truncated).toBe(false);
  });

  it('takes nothing from the budget for a message without a body', () => {
    const budget = roomy();
    expect(copyOf(CHUNKED, ['0\r\n\r\n'], 1024, budget).sha256()).toBe(sha256(''));
    copyOf(length(1_000_000), [], 1024, budget);
    expect(budget.left).toBe(1024 * 1024);
  });

  it('is stopped, not thrown off, by broken framing', () => {
    const copy = copyOf(CHUNKED, ['5\r\nhello\r\nzz', '5\r\nhello\r\n']);
    expect(copy).toMatchObject({ bytes: 5, truncated: true });
    expect(copy.content.toString()).toBe('hello');
  });
});
