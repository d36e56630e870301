// Writes: what was answered is there, once; what was refused is not; what was not answered is there once or not at all.
import type { Asked, Verb, World, Write } from './journal.ts';

const WRITES: readonly Verb[] = ['create', 'update', 'delete'];
/** A GET without a body may go out once more, when the connection turned out to be dead. */
const MOST = { read: 2, write: 1 };

export function judgeWrites(world: World): string[] {
  const done = new Map<string, Write[]>();
  for (const write of world.history) {
    const key = keyOf(write);
    done.set(key, [...(done.get(key) ?? []), write]);
  }
  const asked = world.asked.filter(({ verb }) => WRITES.includes(verb));
  const keys = new Set(asked.map(keyOfAsked));
  const unasked = world.history.filter((write) => !keys.has(keyOf(write)));
  return [
    ...unasked.map(
      ({ kind, name, before, revision }) =>
        `a ${kind} of ${name} that nobody asked for (${before} to ${revision})`,
    ),
    ...asked.flatMap((each) => judgeWrite(each, done.get(keyOfAsked(each)) ?? [])),
    ...judgeDeletes(asked),
    ...judgeSendings(world),
    ...judgeRecords(world),
  ];
}

/** Creates and updates are known by what they wrote, a delete by what it removed. */
function keyOf({ kind, op, name, before }: Write): string {
  return kind === 'delete' ? `delete ${name} ${before}` : `${kind} ${op}`;
}

function keyOfAsked({ verb, id, name, base }: Asked): string {
  return verb === 'delete' ? `delete ${name} ${base}` : `${verb} ${id}`;
}

function judgeWrite({ id, verb, base, answer }: Asked, done: readonly Write[]): string[] {
  const what = `${verb} ${id}`;
  const violations: string[] = [];
  if (done.length > 1) violations.push(`${what} was done ${done.length} times`);
  const { status = 500, whole = false, objects = [] } = answer ?? {};
  const [write] = done;
  if (status < 300) {
    if (write === undefined) violations.push(`${what} was answered ${status}, and is not there`);
    else if (whole && verb !== 'delete' && objects[0]?.revision !== write.revision)
      violations.push(`${what} was answered with another object than the one it wrote`);
  } else if (status < 500 && verb !== 'delete' && write !== undefined) {
    violations.push(`${what} was refused with ${status}, and is there`);
  }
  if (verb === 'update' && write !== undefined && write.before !== base)
    violations.push(`${what} was of revision ${base}, and replaced ${write.before}`);
  return violations;
}

/** Two may ask for the same one: it was one of them, and no more than one was told so. */
function judgeDeletes(asked: readonly Asked[]): string[] {
  const told = new Map<string, number>();
  for (const each of asked) {
    if (each.verb !== 'delete' || (each.answer?.status ?? 500) >= 300) continue;
    const key = keyOfAsked(each);
    told.set(key, (told.get(key) ?? 0) + 1);
  }
  return [...told]
    .filter(([, count]) => count > 1)
    .map(([key, count]) => `${key} was answered ${count} times as done`);
}

/** By the API server's own audit log. */
function judgeSendings({ asked, had }: World): string[] {
  return asked.flatMap(({ id, verb, answer }) => {
    const count = had.get(id) ?? 0;
    const most = WRITES.includes(verb) ? MOST.write : MOST.read;
    if (count > most) return `${verb} ${id} was sent ${count} times`;
    const byApiServer = answer !== undefined && answer.status < 300;
    return byApiServer && count === 0 ? `${verb} ${id} was answered, and never sent` : [];
  });
}

/** One final record of each that was answered, and of none two. */
function judgeRecords({ asked, recorded }: World): string[] {
  if (recorded === undefined) return [];
  return asked.flatMap(({ id, verb, answer }) => {
    const count = recorded.get(id) ?? 0;
    if (count > 1) return `${verb} ${id} has ${count} records`;
    return answer !== undefined && count === 0 ? `${verb} ${id} was answered without a record` : [];
  });
}
