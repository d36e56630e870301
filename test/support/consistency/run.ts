// One run: clients at work through a proxy that is hurt on both sides, then calm, then the judgement.
import { setTimeout as sleep } from 'node:timers/promises';
import { seeded } from '../seeded.ts';
import { agentFor, send } from './asking.ts';
import { Client, type Scene } from './client.ts';
import { seenIn } from './direct.ts';
import { contentOf, historyOf } from './etcd.ts';
import type { Asked, Seen, World } from './journal.ts';
import { violationsOf } from './judge.ts';
import { opData } from './op.ts';
import type { Sea } from './sea.ts';
import { storm } from './weather.ts';

export interface RunOptions {
  readonly seed: number;
  readonly clients: number;
  /** Milliseconds for which the wires hurt. */
  readonly stormMs: number;
}

export interface RunResult {
  readonly violations: readonly string[];
  readonly world: World;
  /** How often each kind of fault struck, on both wires. */
  readonly struck: Readonly<Record<string, number>>;
}

/** What is under way when it has become calm ends within this. */
const PATIENCE_MS = 75_000;
const LOOK_EVERY_MS = 20;
/** A connection that the storm has broken may cost a request that is not sent again. */
const TRIES = 5;

/** @throws {Error} as rejection, when something waits in vain */
export async function runOnce(sea: Sea, options: RunOptions): Promise<RunResult> {
  const { seed, clients: count, stormMs } = options;
  const { direct, clientWire, upstreamWire, proxy } = sea;
  const run = `r${seed}-${Date.now().toString(36)}`;
  const namespace = `${run}`;
  const unused = proxy.sockets();
  const made = await direct.ask('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  const start = Number(JSON.parse(made).metadata.resourceVersion);
  const over = new AbortController();
  const scene: Scene = {
    ...{ door: { port: clientWire.port, ca: proxy.ca }, run, namespace, start, over: over.signal },
    ...{ known: new Map(), asked: [], watches: [] },
  };
  const clients = Array.from(
    { length: count },
    (_, nth) => new Client(nth, scene, seeded(seed, nth)),
  );
  const before = { ...addUp(clientWire.struck, upstreamWire.struck) };
  const last = later<number>();
  const end = storm(seed, upstreamWire, clientWire, proxy.ca !== undefined);
  const watching = clients.map((client) => client.watch(last.promise));
  const working = clients.map((client) => client.work());
  await sleep(stormMs);
  over.abort();
  end();
  await within('a request of a client', working);
  const revision = await lastWrite(scene);
  last.resolve(revision);
  await within('a watch', watching);
  for (const client of clients) client.close();
  const world = await worldOf(sea, scene, revision);
  const struck = difference(addUp(clientWire.struck, upstreamWire.struck), before);
  clientWire.reset();
  upstreamWire.reset();
  const violations = violationsOf(world);
  await eventually(() => proxy.sockets() <= unused);
  const left = proxy.sockets() - unused;
  if (left > 0) violations.push(`${left} sockets are left in the proxy`);
  if (!proxy.isAlive()) violations.push('the proxy has ended');
  await direct.ask('DELETE', `/api/v1/namespaces/${namespace}/configmaps`);
  return { violations, world, struck };
}

/** All is well again: a write that is answered. Its revision. */
async function lastWrite(scene: Scene): Promise<number> {
  const { run, namespace, asked } = scene;
  for (let nth = 0; nth < TRIES; nth++) {
    const id = `${run}-last-${nth}`;
    const entry: Asked = { id, verb: 'create', name: id, base: undefined, answer: undefined };
    asked.push(entry);
    const body = {
      ...{ apiVersion: 'v1', kind: 'ConfigMap' },
      ...{ metadata: { name: id }, data: opData(id) },
    };
    entry.answer = await once(
      scene,
      'POST',
      `/api/v1/namespaces/${namespace}/configmaps`,
      id,
      body,
    );
    const { status, objects = [] } = entry.answer ?? {};
    if (status === 201 && objects[0] !== undefined) return objects[0].revision;
  }
  throw new Error(`no write was answered in ${TRIES} tries after the storm`);
}

/** A request over a connection of its own. */
async function once({ door }: Scene, method: string, path: string, auditID: string, body?: object) {
  const agent = agentFor(door);
  const rest = body === undefined ? {} : { body };
  const answer = await send({ door, agent, method, path, auditID, ...rest });
  agent.destroy();
  return answer;
}

async function worldOf(sea: Sea, scene: Scene, revision: number): Promise<World> {
  const { namespace, start, asked, watches } = scene;
  const all = `/api/v1/namespaces/${namespace}/configmaps`;
  const lists: Record<string, readonly Seen[]> = {
    'the API server': seenIn(await sea.direct.ask('GET', all)).objects,
    [sea.proxy.name]: await listThrough(scene, all),
  };
  const { objects: content } = await contentOf(sea.etcdPort, namespace);
  const history = await historyOf(sea.etcdPort, namespace, { start, end: revision });
  const truth = await sea.direct.watchUntil(`${all}?watch=1&resourceVersion=${start}`, revision);
  const { had, recorded } = await logged(sea, asked);
  return { start, asked, history, content, lists, truth, watches, had, recorded };
}

/** What both logs have of the requests; their lines are written shortly after the answers. */
async function logged({ had, proxy }: Sea, asked: readonly Asked[]) {
  const { recorded } = proxy;
  const answered = asked.filter(({ answer }) => answer !== undefined);
  const byApiServer = answered.filter(({ answer }) => (answer?.status ?? 500) < 300);
  await eventually(
    () => hasAll(had.read(), byApiServer) && (!recorded || hasAll(recorded.read(), answered)),
  );
  return { had: had.take(), recorded: recorded?.take() };
}

async function listThrough(scene: Scene, path: string): Promise<readonly Seen[]> {
  for (let nth = 0; nth < TRIES; nth++) {
    const answer = await once(scene, 'GET', path, `${scene.run}-list-${nth}`);
    if (answer?.status === 200 && answer.whole) return answer.objects;
  }
  throw new Error(`no list was answered in ${TRIES} tries after the storm`);
}

function hasAll(counts: ReadonlyMap<string, number>, asked: readonly Asked[]): boolean {
  return asked.every(({ id }) => counts.has(id));
}

/** @throws {Error} as rejection, when one of them is not over in time */
async function within(what: string, waits: readonly Promise<void>[]): Promise<void> {
  const late = new AbortController();
  const limit = sleep(PATIENCE_MS, 'late', { signal: late.signal }).catch(() => 'in time');
  const first = await Promise.race([Promise.all(waits), limit]);
  late.abort();
  if (first === 'late') throw new Error(`${what} waited for ${PATIENCE_MS} ms after the storm`);
}

async function eventually(reached: () => boolean): Promise<void> {
  const limit = performance.now() + PATIENCE_MS;
  while (!reached() && performance.now() < limit) await sleep(LOOK_EVERY_MS);
}

function later<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let settle = (_: T): void => {};
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle(value) };
}

type Counts = Readonly<Record<string, number>>;

function addUp(one: Counts, other: Counts): Counts {
  return Object.fromEntries(
    Object.keys(one).map((key) => [key, (one[key] ?? 0) + (other[key] ?? 0)]),
  );
}

function difference(after: Counts, before: Counts): Counts {
  return addUp(
    after,
    Object.fromEntries(Object.keys(before).map((key) => [key, -(before[key] ?? 0)])),
  );
}
