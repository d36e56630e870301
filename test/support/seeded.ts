/** Numbers from 0 to below 1, the same ones for the same seed. */
export type Random = () => number;

/** Weyl steps with Murmur3's finalizer: more than even enough for a choice among faults. */
export function seeded(...seed: readonly number[]): Random {
  let state = 0;
  const step = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  for (const part of seed) state = step() ^ part;
  return () => step() / 2 ** 32;
}

/** From 0 to below `limit`. */
export function below(limit: number, random: Random): number {
  return Math.floor(random() * limit);
}

/** @throws {Error} when there is nothing to choose from */
export function oneOf<T>(all: readonly T[], random: Random): T {
  const chosen = all[below(all.length, random)];
  if (chosen === undefined) throw new Error('nothing to choose from');
  return chosen;
}
