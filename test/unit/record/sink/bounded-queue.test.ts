import { expect, it, vi } from 'vitest';
import { LineSink } from '../../../../src/record/sink/line-sink.ts';
import type { LogEnd } from '../../../../src/record/sink/log-end.ts';

it('takes lines again when half of its room is free, and tells then how many are missing', async () => {
  let take = (_bytes: number): void => {};
  const end: LogEnd = {
    name: 'a slow reader',
    write: () =>
      new Promise((resolve) => {
        take = resolve;
      }),
    reopen() {},
    close: () => Promise.resolve(),
  };
  const sink = new LineSink(end, { maxHeld: 100, closeMs: 1 });
  const onRoom = vi.fn();
  sink.onRoom = onRoom;
  sink.writeThrough(`${'x'.repeat(89)}\n`).catch(() => {});
  sink.write(`${'y'.repeat(19)}\n`);
  take(10);
  await new Promise(setImmediate);
  sink.write('z\n');
  expect([sink.dropped, onRoom.mock.calls]).toEqual([2, []]);
  take(40);
  await new Promise(setImmediate);
  expect(onRoom.mock.calls).toEqual([[2]]);
  sink.write('z\n');
  expect(sink.dropped).toBe(2);
  await sink.close();
});
