// What a run promised, and what came of it.

import type { World } from './journal.ts';
import { judgeReads } from './judge-reads.ts';
import { judgeWatches } from './judge-watches.ts';
import { judgeWrites } from './judge-writes.ts';

/** A sentence for each promise that was broken, and where; none is what we want. */
export function violationsOf(world: World): string[] {
  return [...judgeWrites(world), ...judgeReads(world), ...judgeWatches(world)];
}
