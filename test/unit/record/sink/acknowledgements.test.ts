import { expect, it } from 'vitest';
import { PortholeError } from '../../../../src/errors.ts';
import { Acknowledgements } from '../../../../src/record/sink/acknowledgements.ts';

const LATE = new PortholeError('ERR_AUDIT', 'late');

it('gives up on each who waits too long, also on those who came after the first', async () => {
  const waiting = new Acknowledgements(20, () => LATE);
  const first = waiting.waitFor(1);
  // Its time comes later than the first one's, so that another timer has to be set for it.
  await new Promise((resolve) => setTimeout(resolve, 10));
  const second = waiting.waitFor(2);
  await expect(first).rejects.toBe(LATE);
  await expect(second).rejects.toBe(LATE);
  expect(waiting.areAwaited).toBe(false);
});

it('tells those alone whose batch is written, in the order of their lines', async () => {
  const waiting = new Acknowledgements(60_000, () => LATE);
  const told: string[] = [];
  const waits = [1, 1, 2].map((batch, i) =>
    waiting.waitFor(batch).then(
      () => told.push(`${i} written`),
      () => told.push(`${i} failed`),
    ),
  );
  waiting.written(1);
  await Promise.all(waits.slice(0, 2));
  expect(told).toEqual(['0 written', '1 written']);
  waiting.fail(() => LATE);
  await waits[2];
  expect(told.at(-1)).toBe('2 failed');
});
