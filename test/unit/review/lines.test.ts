import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../../src/review/lines.ts';

function linesOf(chunks: readonly Buffer[], longest?: number) {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line.toString('latin1')), longest);
  for (const chunk of chunks) {
    splitter.push(chunk);
    chunk.fill(0); // the next chunk may come in the same memory
  }
  splitter.end();
  return { lines, tooLong: splitter.tooLong };
}

describe('lines', () => {
  it('are the same however their bytes arrive', () => {
    const pieces = fc.array(fc.stringMatching(/^[ab\n]*$/), { maxLength: 20 });
    fc.assert(
      fc.property(pieces, (texts) => {
        const expected = texts
          .join('')
          .split('\n')
          .filter((line) => line !== '');
        expect(linesOf(texts.map((text) => Buffer.from(text))).lines).toEqual(expected);
      }),
    );
  });

  it('that are too long are counted and left out, and those behind them are not', () => {
    const chunks = ['1234\n12345', '678901', '2\nabc\n', 'x'.repeat(11)].map((t) => Buffer.from(t));
    expect(linesOf(chunks, 10)).toEqual({ lines: ['1234', 'abc'], tooLong: 2 });
  });
});
