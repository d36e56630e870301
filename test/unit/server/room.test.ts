import { describe, expect, it } from 'vitest';
import { type Guest, openFilesLimit, Room } from '../../../src/server/room.ts';

const UNBOUNDED = Number.POSITIVE_INFINITY;
const SPARE = 20;

/** Guests by name, each with the moment at which it would end; those that are busy have none. */
function guestsOf(deadlines: Readonly<Record<string, number | undefined>>) {
  const left: string[] = [];
  const guests = new Set<Guest>(
    Object.entries(deadlines).map(([name, deadline]) => ({
      dispensable: deadline !== undefined,
      since: 0,
      deadline: deadline ?? UNBOUNDED,
      giveWay: () => left.push(name),
    })),
  );
  return { guests, left };
}

/** For `places` connections, with what it tells the operator. */
function roomFor(places: number, openFiles = UNBOUNDED) {
  const warnings: string[] = [];
  const room = new Room(places, openFiles, SPARE, (sentence) => warnings.push(sentence));
  return { room, warnings };
}

describe('a room', () => {
  it('sends nobody away while there is a place', () => {
    const { room, warnings } = roomFor(3);
    const { guests, left } = guestsOf({ idle: 1, busy: undefined });
    expect(room.refuse(guests)).toBeUndefined();
    expect([left, warnings]).toEqual([[], []]);
  });

  it('that is full is left by the one whose time is over first, which no request keeps', () => {
    const { room } = roomFor(4);
    const { guests, left } = guestsOf({ idle: 120, busy: undefined, silent: 7, slow: 9 });
    expect(room.refuse(guests)).toBeUndefined();
    expect(left).toEqual(['silent']);
    expect(guests.size).toBe(3);
  });

  it('of many is left by several at once, so that a flood is not looked for one by one', () => {
    const { room } = roomFor(640);
    const { guests, left } = guestsOf(
      Object.fromEntries(Array.from({ length: 640 }, (_, i) => [`number ${i}`, i])),
    );
    expect(room.refuse(guests)).toBeUndefined();
    expect(left).toEqual(Array.from({ length: 10 }, (_, i) => `number ${i}`));
  });

  it('spares who has just come: the request may be on its way', () => {
    const { room } = roomFor(1);
    const left: string[] = [];
    const since = performance.now() + 60_000;
    const newcomer = {
      dispensable: true,
      since,
      deadline: 1,
      giveWay: () => left.push('newcomer'),
    };
    expect(room.refuse(new Set([newcomer]))).toMatchObject({ status: 503 });
    expect(left).toEqual([]);
  });

  it('takes nobody more when all are busy, and says so once for many', () => {
    const { room, warnings } = roomFor(2);
    const { guests } = guestsOf({ one: undefined, two: undefined });
    for (let i = 0; i < 3; i++)
      expect(room.refuse(guests)).toMatchObject({ code: 'ERR_LIMIT_REACHED', status: 503 });
    expect(warnings).toEqual([expect.stringContaining('--max-connections')]);
  });

  it('leaves half of the files that may be open to connections to the API server', () => {
    expect(roomFor(4_096, 1_024).room.places).toBe(480);
    expect(roomFor(100, 1_024).room.places).toBe(100);
    expect(roomFor(4_096, 10).room.places).toBe(1);
    const { room, warnings } = roomFor(4_096, 66);
    room.refuse(guestsOf({ one: undefined }).guests);
    expect(warnings).toEqual([expect.stringContaining('ulimit -n')]);
  });

  it.runIf(process.platform === 'linux')('knows how many files may be open', () => {
    expect(openFilesLimit()).toBeGreaterThan(64);
    expect(openFilesLimit()).toBeLessThan(UNBOUNDED);
  });
});
