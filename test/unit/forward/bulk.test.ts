import { describe, expect, it } from 'vitest';
import { Bulk, type Flow } from '../../../src/forward/bulk.ts';

const READ = 64 * 1024;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Flows by name, which say so when they are told to go on. */
function flows(names: readonly string[]): { all: Flow[]; told: string[] } {
  const told: string[] = [];
  return { told, all: names.map((name) => ({ goOn: () => told.push(name) })) };
}

describe('bodies in bulk', () => {
  it('one that is alone is never stopped', async () => {
    const bulk = new Bulk();
    const [only] = flows(['only']).all as [Flow];
    for (let i = 0; i < 100; i++) {
      expect(bulk.take(only, READ)).toBe(true);
      if (i % 10 === 0) await turn();
    }
  });

  it('those that share a turn are stopped after what one read brings, and go on in the next', async () => {
    const bulk = new Bulk();
    const { all, told } = flows(['a', 'b']);
    const [a, b] = all as [Flow, Flow];
    expect(bulk.take(a, READ)).toBe(true); // nobody else is there as yet
    expect(bulk.take(b, READ)).toBe(false);
    expect(bulk.take(a, READ)).toBe(false);
    expect([a, b].map((flow) => bulk.holds(flow))).toEqual([true, true]);
    expect(told).toEqual([]);
    await turn();
    expect(told).toEqual(['b', 'a']);
    expect([a, b].map((flow) => bulk.holds(flow))).toEqual([false, false]);
    // They shared the turn before: who is first does not take all of this one.
    expect(bulk.take(a, READ)).toBe(false);
  });

  it('one that stays alone for a turn is not stopped any more', async () => {
    const bulk = new Bulk();
    const [a, b] = flows(['a', 'b']).all as [Flow, Flow];
    for (const flow of [a, b]) bulk.take(flow, READ);
    await turn();
    await turn();
    bulk.take(a, READ);
    await turn();
    await turn();
    for (let i = 0; i < 8; i++) expect(bulk.take(a, READ)).toBe(true);
  });

  it('what does not fill a record is nothing that others wait for', () => {
    const bulk = new Bulk();
    for (const flow of flows(['a', 'b', 'c']).all)
      for (let i = 0; i < 1000; i++) expect(bulk.take(flow, 16 * 1024 - 1)).toBe(true);
  });

  it('of many, a few go on in a turn, in the order in which they were stopped', async () => {
    const bulk = new Bulk();
    const names = Array.from({ length: 100 }, (_, i) => `${i}`);
    const { all, told } = flows(names);
    for (const flow of all) bulk.take(flow, READ);
    // The first was alone then.
    const stopped = names.slice(1);
    let most = 0;
    for (let turns = 0; told.length < stopped.length; turns++) {
      expect(turns).toBeLessThan(stopped.length);
      const before = told.length;
      await turn();
      most = Math.max(most, told.length - before);
    }
    expect(told).toEqual(stopped);
    expect(most).toBeLessThan(50);
  });

  it('one that has left is told nothing', async () => {
    const bulk = new Bulk();
    const { all, told } = flows(['a', 'b', 'c']);
    for (const flow of all) bulk.take(flow, READ);
    bulk.leave(all[1] as Flow);
    await turn();
    await turn();
    expect(told).toEqual(['c']);
  });
});
