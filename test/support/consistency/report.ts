// One line of a run.
import type { RunResult } from './run.ts';

/** `812 requests (590 answered, 41 writes not, of which 23 are there), 214 watches (160 cut), 131 faults` */
export function figuresOf({ world, struck }: RunResult): string {
  const { asked, history, watches } = world;
  const answered = asked.filter(({ answer }) => (answer?.status ?? 500) < 500).length;
  const ops = new Set(history.map(({ op }) => op));
  const open = asked.filter(
    ({ verb, answer }) =>
      (verb === 'create' || verb === 'update') && (answer?.status ?? 500) >= 500,
  );
  const there = open.filter(({ id }) => ops.has(id)).length;
  const cut = watches.filter(({ state }) => state === 'cut').length;
  const faults = Object.values(struck).reduce((sum, count) => sum + count, 0);
  return (
    `${asked.length} requests (${answered} answered; ${open.length} writes not, ${there} of them there), ` +
    `${history.length} writes in etcd, ${watches.length} watches (${cut} cut), ${faults} faults`
  );
}
