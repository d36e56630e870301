import { createHook } from 'node:async_hooks';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { eventually } from '../support/pair.ts';

const SOCKETS = ['TCPSocketWrap', 'TLSWrap', 'PipeWrap'];
const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url));
/** Timers that have run or were cleared are forgotten when there are so many. */
const MANY = 1_000;

/** A timer that our sources have set, and from where. */
interface Timer {
  /** Of Node's `Timeout`: it has run, or was cleared. */
  readonly timeout: { readonly _destroyed?: boolean };
  readonly stack: string;
}

/** Sockets of this process, and timers of our sources: looked at when made, and compared when all is over. */
export class Resources {
  readonly #before = sockets();
  readonly #faults: unknown[] = [];
  #timers: Timer[] = [];
  readonly #hook = createHook({
    init: (_id, type, _trigger, timeout) => {
      if (type === 'Timeout') this.#set(timeout as Timer['timeout']);
    },
  });
  readonly #keep = (fault: unknown): void => {
    this.#faults.push(fault);
  };

  constructor() {
    process.on('uncaughtExceptionMonitor', this.#keep);
    process.on('warning', this.#keep);
    this.#hook.enable();
  }

  /** Waits until there is no more than before; fails when there is, or when something went wrong that nobody caught. */
  async back(): Promise<void> {
    try {
      const limits = JSON.stringify(this.#before);
      await eventually(`no more sockets are open than ${limits}`, () => {
        const now = sockets();
        return SOCKETS.every((kind) => (now[kind] ?? 0) <= (this.#before[kind] ?? 0));
      });
      expect(
        this.#running().map(({ stack }) => stack),
        'timers that are left',
      ).toEqual([]);
      expect(this.#faults, 'uncaught errors and warnings').toEqual([]);
    } finally {
      this.#hook.disable();
      process.off('uncaughtExceptionMonitor', this.#keep);
      process.off('warning', this.#keep);
    }
  }

  #set(timeout: Timer['timeout']): void {
    const { stack = '' } = new Error();
    if (!stack.includes(SOURCES)) return;
    this.#timers.push({ timeout, stack });
    if (this.#timers.length % MANY === 0) this.#timers = this.#running();
  }

  #running(): Timer[] {
    return this.#timers.filter(({ timeout }) => timeout._destroyed !== true);
  }
}

function sockets(): Record<string, number> {
  const found = Object.fromEntries(SOCKETS.map((kind) => [kind, 0]));
  for (const kind of process.getActiveResourcesInfo()) {
    if (kind in found) found[kind] = (found[kind] ?? 0) + 1;
  }
  return found;
}
