// Reads: an answer that came whole is the API server's, to this request, and all of it.
import type { Asked, Seen, World, Write } from './journal.ts';

export function judgeReads(world: World): string[] {
  const states = new Set(world.history.map(stateOf));
  const answered = world.asked.flatMap((each) => judgeAnswer(each, world, states));
  const content = textOf(world.content);
  const replayed = textOf(replay(world.history));
  const ends = Object.entries({ ...world.lists, 'what its writes come to': undefined });
  return [
    ...answered,
    ...ends.flatMap(([what, list]) =>
      (list === undefined ? replayed : textOf(list)) === content
        ? []
        : `at the end, etcd has something else than ${what}`,
    ),
  ];
}

function judgeAnswer(asked: Asked, world: World, states: ReadonlySet<string>): string[] {
  const { id, verb, name, answer } = asked;
  if (answer === undefined) return [];
  const { status, whole, broken, objects, auditID, revision } = answer;
  const what = `${verb} ${id}`;
  if (auditID !== undefined && auditID !== id) return [`${what} got the answer to ${auditID}`];
  if (broken) return [`${what} was answered ${status}, whole, and unreadable`];
  if (!whole || status !== 200) return [];
  if (verb === 'get') {
    const [object] = objects;
    if (object === undefined || object.name !== name) return [`${what} got another object`];
    return states.has(stateOf(object)) ? [] : [`${what} got a state that never was`];
  }
  if (verb !== 'list') return [];
  if (revision === undefined) return [`${what} got no list`];
  const then = world.history.filter((write) => write.revision <= revision);
  return textOf(replay(then)) === textOf(objects) ? [] : [`${what} got a list that never was`];
}

/** What is there after these writes. */
function replay(history: readonly Write[]): Seen[] {
  const objects = new Map<string, Seen>();
  for (const write of history) {
    if (write.kind === 'delete') objects.delete(write.name);
    else objects.set(write.name, write);
  }
  return [...objects.values()];
}

function stateOf({ name, revision, op }: Seen): string {
  return `${name}@${revision}=${op}`;
}

function textOf(objects: readonly Seen[]): string {
  return objects.map(stateOf).sort().join('\n');
}
