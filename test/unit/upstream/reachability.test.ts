import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PortholeError } from '../../../src/errors.ts';
import { Reachability } from '../../../src/upstream/upkeep/reachability.ts';

const refused = unreachable('at api:6443: connection refused');
const TIMES = { recovery: 5_000, patience: 300_000 };

function unreachable(reason: string): PortholeError {
  return new PortholeError('ERR_UPSTREAM_UNREACHABLE', `cannot reach the API server ${reason}`);
}

/** With what it told, and how often it asked; its questions fail as `answer` says. */
function start() {
  const told: string[] = [];
  const state = { asked: 0, answer: refused as PortholeError | undefined };
  const reachability: Reachability = new Reachability(
    TIMES,
    async () => {
      state.asked++;
      reachability.dialled(state.answer);
    },
    ({ reachable, sentence }) => told.push(`${reachable} ${sentence}`),
  );
  return { reachability, told, state };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('an API server that can not be reached', () => {
  it('is told of once, with the reason, and again when it is back', async () => {
    const { reachability, told, state } = start();
    reachability.dialled(undefined);
    reachability.dialled(refused);
    reachability.dialled(new PortholeError('ERR_UPSTREAM_TIMEOUT', 'dial timed out'));
    await vi.advanceTimersByTimeAsync(12_000);
    state.answer = undefined;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told).toEqual([
      'false API server unreachable: api:6443: connection refused',
      'true API server is back, after 15 s',
    ]);
    expect([state.asked, vi.getTimerCount()]).toEqual([3, 0]);
  });

  it('is not meant by an answer that is no good, nor by a limit of ours', () => {
    const { reachability, told } = start();
    for (const code of ['ERR_UPSTREAM_TLS', 'ERR_CREDENTIALS', 'ERR_LIMIT_REACHED'] as const) {
      reachability.dialled(new PortholeError(code, 'no'));
    }
    expect([told, vi.getTimerCount()]).toEqual([[], 0]);
  });

  it('is asked for as long as clients ask, and five minutes more', async () => {
    const { reachability, told, state } = start();
    reachability.dialled(refused);
    await vi.advanceTimersByTimeAsync(200_000);
    reachability.asked();
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect([state.asked, vi.getTimerCount()]).toEqual([100, 0]);
    reachability.asked();
    reachability.asked();
    expect(vi.getTimerCount()).toBe(1);
    state.answer = undefined;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told[1]).toBe('true API server is back, after 1205 s');
  });

  it('every other time is not told of every other time', async () => {
    const { reachability, told } = start();
    for (let second = 0; second < 12; second++) {
      reachability.dialled(second % 2 === 0 ? refused : undefined);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(told).toHaveLength(4);
  });

  it('is nobody’s business once the pool is closed', () => {
    const { reachability, told } = start();
    reachability.dialled(refused);
    reachability.close();
    reachability.dialled(undefined);
    reachability.asked();
    expect([told.length, vi.getTimerCount()]).toEqual([1, 0]);
  });
});
