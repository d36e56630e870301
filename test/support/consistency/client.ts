// One of the clients: it creates, updates, deletes, gets and lists ConfigMaps, and keeps a watch open all the time.
import type { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { below, oneOf, type Random } from '../seeded.ts';
import { agentFor, type Door, send } from './asking.ts';
import type { Asked, Verb, WatchPiece } from './journal.ts';
import { opData } from './op.ts';
import { watchOnce } from './watching.ts';

/** What the clients of a run share. */
export interface Scene {
  readonly door: Door;
  readonly run: string;
  readonly namespace: string;
  /** The revision that the run begins behind. */
  readonly start: number;
  /** Objects that somebody has seen, with their last known state. */
  readonly known: Map<string, number>;
  readonly asked: Asked[];
  readonly watches: WatchPiece[];
  /** From now on no new requests, and no watch that ends by itself. */
  readonly over: AbortSignal;
}

/** Of ten requests. */
const VERBS: readonly Verb[] = [
  ...['create', 'create', 'create', 'update', 'update', 'update'],
  ...['delete', 'get', 'get', 'list'],
] as Verb[];

/** Milliseconds between an answer and the next request: from, and so many more at most. */
const PAUSE = { from: 20, more: 160 };
/** In so many requests, the client leaves before the answer. */
const IMPATIENT = 30;
const LEAVES_WITHIN_MS = 20;
/** So many characters in one write of ten: its body is several pieces on the wire. */
const PADDING = 6_000;

export class Client {
  readonly #nth: number;
  readonly #scene: Scene;
  readonly #random: Random;
  readonly #agent: Agent;
  #count = 0;

  constructor(nth: number, scene: Scene, random: Random) {
    this.#nth = nth;
    this.#scene = scene;
    this.#random = random;
    this.#agent = agentFor(scene.door, { keepAlive: true, maxSockets: 1 });
  }

  /** Settles when the run is over and the last request has come to its end. Never rejects. */
  async work(): Promise<void> {
    while (!this.#scene.over.aborted) {
      await this.#ask(oneOf(VERBS, this.#random));
      await sleep(PAUSE.from + below(PAUSE.more, this.#random));
    }
  }

  /** Keeps a watch open until it has brought the event of the revision that `last` comes to. */
  async watch(last: Promise<number>): Promise<void> {
    const { namespace, watches, over } = this.#scene;
    let from = this.#scene.start;
    let goal = Number.POSITIVE_INFINITY;
    void last.then((revision) => {
      goal = revision;
    });
    while (from < goal) {
      const timed = !over.aborted && this.#random() < 0.5;
      const timeoutSeconds = timed ? 1 + below(2, this.#random) : undefined;
      const query = timed ? `&timeoutSeconds=${timeoutSeconds}` : '';
      const { door } = this.#scene;
      const path = `/api/v1/namespaces/${namespace}/configmaps?watch=1&resourceVersion=${from}${query}`;
      const { piece, reached } = await watchOnce({ door, path, from }, last);
      const timeoutMs = timeoutSeconds === undefined ? undefined : timeoutSeconds * 1000;
      if (piece !== undefined) watches.push({ client: this.#nth, timeoutMs, ...piece });
      from = reached;
      if (from < goal) await sleep(10 + below(40, this.#random));
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #ask(verb: Verb): Promise<void> {
    const { known, asked } = this.#scene;
    const id = `${this.#scene.run}-${this.#nth}-${this.#count++}`;
    const order = orderOf(verb, id, this.#scene, this.#random);
    if (order === undefined) return;
    const { method, path, body, name, base } = order;
    const entry: Asked = { id, verb, name, base, answer: undefined };
    asked.push(entry);
    const chunked = this.#random() < 0.5;
    const isImpatient = below(IMPATIENT, this.#random) === 0;
    const leaveAfterMs = isImpatient ? below(LEAVES_WITHIN_MS, this.#random) : undefined;
    const rest = body === undefined ? { leaveAfterMs } : { leaveAfterMs, body, chunked };
    const { door } = this.#scene;
    entry.answer = await send({ door, agent: this.#agent, method, path, auditID: id, ...rest });
    const { status = 0, objects = [] } = entry.answer ?? {};
    for (const seen of objects)
      if (seen.revision > (known.get(seen.name) ?? 0)) known.set(seen.name, seen.revision);
    const isGone = status === 404 || (verb === 'delete' && status === 200);
    if (isGone && name !== undefined) known.delete(name);
  }
}

interface Order {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly name: string | undefined;
  readonly base: number | undefined;
}

/** Undefined when there is no object for it yet. */
function orderOf(verb: Verb, id: string, scene: Scene, random: Random): Order | undefined {
  const { namespace, known } = scene;
  const all = `/api/v1/namespaces/${namespace}/configmaps`;
  const nothing = { name: undefined, base: undefined };
  if (verb === 'list') return { method: 'GET', path: all, ...nothing };
  const padding = random() < 0.1 ? 'x'.repeat(below(PADDING, random)) : '';
  const object = { apiVersion: 'v1', kind: 'ConfigMap', data: opData(id, padding) };
  if (verb === 'create') {
    const name = random() < 0.3 ? `n-${id}` : undefined;
    const metadata = name === undefined ? { generateName: 'g-' } : { name };
    return { method: 'POST', path: all, body: { ...object, metadata }, name, base: undefined };
  }
  if (known.size === 0) return undefined;
  const [name, base] = oneOf([...known], random);
  const path = `${all}/${name}`;
  if (verb === 'get') return { method: 'GET', path, name, base: undefined };
  const resourceVersion = String(base);
  if (verb === 'update')
    return {
      ...{ method: 'PUT', path, name, base },
      body: { ...object, metadata: { name, resourceVersion } },
    };
  const kinds = { apiVersion: 'v1', kind: 'DeleteOptions' };
  return {
    ...{ method: 'DELETE', path, name, base },
    body: { ...kinds, preconditions: { resourceVersion } },
  };
}
