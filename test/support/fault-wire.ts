// One connection through a wire that hurts, and the weather that all of them have.
import { once, setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Schedule } from './faults.ts';

/** Bytes that go one by one, and the pause after each. */
const TRICKLE = { bytes: 400, piece: 16, pauseMs: 2 };
/** So many pieces of other connections go first. */
const HELD_BACK = 4;
/** The longest that anything is held back, should there be no others. */
const HELD_MS = 500;
const STALL_MS = 200;
const GARBAGE = Buffer.from(Array.from({ length: 64 }, (_, i) => (i * 151 + 7) & 0xff));

/** What connections of a wire share. */
export class Weather {
  readonly struck = {
    ...{ stall: 0, trickle: 0, hold: 0, cut: 0, reset: 0, 'half-close': 0 },
    ...{ duplicate: 0, garbage: 0, swap: 0 },
  };
  schedule: Schedule = () => undefined;
  /** Pieces that passed, of all connections. */
  pieces = 0;
  /** The latest piece of each way: bytes of another connection. */
  readonly latest: Record<Fault['way'], Buffer> = { asked: GARBAGE, answered: GARBAGE };
  /** Faults that strike once, and have. */
  readonly spent = new WeakSet<Fault>();
  #calm = calmLater();

  get isCalm(): boolean {
    return this.#calm.signal.aborted;
  }

  hurt(schedule: Schedule): void {
    this.schedule = schedule;
    this.#calm = calmLater();
  }

  calm(): void {
    this.schedule = () => undefined;
    this.#calm.abort();
  }

  /** Ends early when it is calm. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#calm.signal }).catch(() => {});
  }
}

/** Every delay waits for it. */
function calmLater(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

export class Wire {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #weather: Weather;
  #fault: Fault | undefined;
  #passed = 0;
  #isForged = false;

  constructor(near: Socket, far: Socket, weather: Weather, fault: Fault | undefined) {
    this.#near = near;
    this.#far = far;
    this.#weather = weather;
    this.#fault = fault;
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => other.resetAndDestroy());
      one.on('close', () => other.destroySoon());
    }
  }

  /** Settles when the connection is over. */
  async carry(): Promise<void> {
    const closed = [this.#near, this.#far].map((socket) => once(socket, 'close').catch(() => {}));
    void this.#carry(this.#near, this.#far, 'asked');
    void this.#carry(this.#far, this.#near, 'answered');
    await Promise.all(closed);
  }

  afflict(fault: Fault): void {
    this.#fault = fault;
    this.#passed = 0;
  }

  /**
   * Ends it if bytes were forged. They may look like the beginning of a record that is longer than they are (Go believes any
   * header of TLS 1.3): then its receiver waits for the rest, and takes for it whatever is sent next.
   */
  mend(): void {
    if (this.#isForged) this.#cut();
  }

  reset(): void {
    this.#near.resetAndDestroy();
    this.#far.resetAndDestroy();
  }

  async #carry(from: Socket, to: Socket, way: Fault['way']): Promise<void> {
    try {
      for await (const bytes of from.iterator({ destroyOnReturn: false })) {
        await this.#pass(bytes as Buffer, to, way);
        this.#weather.latest[way] = bytes as Buffer;
      }
      to.end();
    } catch {
      // Reset: the sockets tell each other.
    }
  }

  async #pass(bytes: Buffer, to: Socket, way: Fault['way']): Promise<void> {
    this.#weather.pieces++;
    const fault = this.#fault;
    if (fault === undefined || fault.way !== way || this.#weather.isCalm) return write(to, bytes);
    const left = fault.at - this.#passed;
    this.#passed += bytes.length;
    if (bytes.length <= left) return write(to, bytes);
    this.#fault = undefined;
    if (left > 0) await write(to, bytes.subarray(0, left));
    // It may have become calm meanwhile: who mends has been here, then, and what is forged now would stay.
    if (this.#weather.isCalm || this.#isSpent(fault)) return write(to, bytes.subarray(left));
    this.#weather.struck[fault.kind]++;
    await this.#strike(fault, bytes.subarray(left), to);
  }

  /** Another connection was first; if not, this one is. */
  #isSpent(fault: Fault): boolean {
    if (fault.once !== true) return false;
    const { spent } = this.#weather;
    const isSpent = spent.has(fault);
    spent.add(fault);
    return isSpent;
  }

  async #strike({ kind, ms = STALL_MS, way }: Fault, rest: Buffer, to: Socket): Promise<void> {
    const weather = this.#weather;
    switch (kind) {
      case 'cut':
        this.#cut();
        return;
      case 'reset':
        return this.reset();
      case 'half-close':
        to.end(); // what still comes is for nobody
        return;
      case 'stall':
        await weather.pause(ms);
        return write(to, rest);
      case 'hold':
        await this.#held();
        return write(to, rest);
      case 'trickle':
        return this.#trickle(rest, to);
      case 'duplicate':
      case 'garbage':
        this.#isForged = true;
        await write(to, kind === 'garbage' ? GARBAGE : rest);
        return write(to, rest);
      case 'swap':
        await write(to, Buffer.alloc(rest.length, weather.latest[way]));
        this.#cut();
        return;
    }
  }

  #cut(): void {
    this.#near.destroySoon();
    this.#far.destroySoon();
  }

  /** Others go first. */
  async #held(): Promise<void> {
    const limit = performance.now() + HELD_MS;
    const until = this.#weather.pieces + HELD_BACK;
    while (this.#weather.pieces < until && performance.now() < limit && !this.#weather.isCalm)
      await this.#weather.pause(1);
  }

  async #trickle(rest: Buffer, to: Socket): Promise<void> {
    let at = 0;
    for (; at < Math.min(rest.length, TRICKLE.bytes); at += TRICKLE.piece) {
      await write(to, rest.subarray(at, at + TRICKLE.piece));
      await this.#weather.pause(TRICKLE.pauseMs);
    }
    await write(to, rest.subarray(at));
  }
}

/** Waits while the other end does not read. */
async function write(to: Socket, bytes: Buffer): Promise<void> {
  if (bytes.length === 0 || to.destroyed || to.writableEnded || to.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      to.off('drain', settle).off('close', settle);
      resolve();
    };
    to.on('drain', settle).on('close', settle);
  });
}
