// Clients of the same proxy that have nothing to do with a fault: watches, and lists whose readers are slow.
import type { IncomingMessage } from 'node:http';
import { agentFor, begin } from '../consistency/asking.ts';
import { startWatch, type Watching } from '../watching.ts';
import { itemsOf } from './sight.ts';
import { change, eventually, LARGE_MAPS, MAPS, newID, type Scene } from './scene.ts';

const EACH = 5;
const OBJECT = 'map-1';

export interface Bystanders {
  /** What was not read so far is read from now on. */
  readOn(): void;
  /** How many had their answer broken off, and how many wait in vain for the rest of it, of how many. */
  harmed(): Promise<{ readonly cut: number; readonly silent: number; readonly all: number }>;
  leave(): void;
}

/** Resolves once all of them have the begin of their answers. */
export async function gather(scene: Scene): Promise<Bystanders> {
  // Not by the wire of clients: what its sockets hold would be as good as read.
  const { ground, proxy } = scene;
  const right = itemsOf(await ground.direct.ask('GET', LARGE_MAPS));
  // An object that nobody else changes: nothing of theirs is on its way.
  const path = `${MAPS}?watch=1&resourceVersion=0&fieldSelector=metadata.name%3D${OBJECT}`;
  const watches = await Promise.all(many(() => startWatch(proxy.port, path)));
  const lists = await Promise.all(many(() => SlowList.begin(scene)));
  return {
    readOn() {
      for (const list of lists) list.readOn();
    },
    async harmed() {
      const revision = await change(ground, OBJECT);
      const isDone = (watch: Watching): boolean => watch.received.includes(`"${revision}"`);
      const isOver = (watch: Watching): boolean => watch.state !== 'open' || isDone(watch);
      await eventually(() => watches.every(isOver) && lists.every(({ isOver }) => isOver));
      const bad = lists.filter((list) => list.isOver && !list.isWhole(right)).length;
      const cut = watches.filter(({ state }) => state !== 'open').length + bad;
      const silent =
        watches.filter((watch) => !isOver(watch)).length +
        lists.filter(({ isOver }) => !isOver).length;
      return { cut, silent, all: watches.length + lists.length };
    },
    leave() {
      for (const watch of watches) watch.stop();
      for (const list of lists) list.leave();
    },
  };
}

function many<T>(one: () => T): T[] {
  return Array.from({ length: EACH }, one);
}

/** A list of which nothing is read at first. */
class SlowList {
  isOver = false;
  readonly #answer: IncomingMessage;
  readonly #parts: Buffer[] = [];

  private constructor(answer: IncomingMessage) {
    this.#answer = answer;
    answer.on('error', () => {});
    answer.once('close', () => {
      this.isOver = true;
    });
  }

  static begin({ proxy: { port } }: Scene): Promise<SlowList> {
    return new Promise((resolve, reject) => {
      const headers = { 'accept-encoding': 'identity', 'audit-id': newID() };
      const agent = agentFor({ port });
      const sent = begin({ port }, { path: LARGE_MAPS, agent, headers });
      sent.on('error', reject);
      sent.once('response', (answer) => resolve(new SlowList(answer)));
      sent.end();
    });
  }

  readOn(): void {
    this.#answer.on('data', (part: Buffer) => this.#parts.push(part));
  }

  isWhole(right: string | undefined): boolean {
    return this.#answer.complete && itemsOf(Buffer.concat(this.#parts)) === right;
  }

  leave(): void {
    this.#answer.destroy();
  }
}
