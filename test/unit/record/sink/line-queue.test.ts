import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineQueue, linesIn } from '../../../../src/record/sink/line-queue.ts';

const KIB = 1024;

/** Lines of ASCII as the bytes that they are made as, which stand among others. */
function add(queue: LineQueue, line: string): void {
  if (/^[\x00-\x7f]*$/.test(line)) queue.addAscii(Buffer.from(`${line}behind it`), line.length);
  else queue.add(line);
}

describe('lines that wait', () => {
  it('come out as they went in, however long they are and whatever they are written in', () => {
    const line = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.nat(600 * KIB).map((length) => 'x'.repeat(length)),
      fc.nat(100 * KIB).map((length) => '\u20ac'.repeat(length)),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.nat(29), (texts, pause) => {
        const queue = new LineQueue();
        let out = '';
        const take = (): void => {
          const taken = queue.take();
          out += taken.toString();
          queue.giveBack(taken);
        };
        for (const [i, text] of texts.entries()) {
          add(queue, `${text}\n`);
          if (i === pause) take();
        }
        const before = Buffer.byteLength(out);
        const all = texts.map((text) => `${text}\n`).join('');
        expect(queue.held).toBe(Buffer.byteLength(all) - before);
        take();
        expect(queue.held).toBe(0);
        expect(out === Buffer.from(all).toString()).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('are counted', () => {
    const queue = new LineQueue();
    for (const size of [1, 300 * KIB, 200 * KIB, 100 * KIB, 7]) queue.add(`${'x'.repeat(size)}\n`);
    expect(queue.lines).toBe(5);
    expect(linesIn(queue.take())).toBe(5);
    expect(queue.lines).toBe(0);
  });

  it('do not change while they are being written', () => {
    const queue = new LineQueue();
    queue.add('first\n');
    const writing = queue.take();
    queue.add('second\n');
    expect(writing.toString()).toBe('first\n');
    queue.giveBack(writing);
    expect(queue.take().toString()).toBe('second\n');
    queue.add('third\n');
    expect(queue.take().toString()).toBe('third\n');
  });
});
