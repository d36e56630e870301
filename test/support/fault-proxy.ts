// A wire that hurts what goes through it: TCP, so that TLS passes, and what is wrong is wrong for TLS.
import { once, setMaxListeners } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a wire does that only delays; nobody may notice. */
export const DELAYS = ['stall', 'trickle', 'hold'] as const;
/** What ends a connection, or one way of it. */
export const ENDS = ['cut', 'reset', 'half-close'] as const;
/** What TCP never does, so that only TLS finds it. */
export const FORGERIES = ['duplicate', 'garbage', 'swap'] as const;

export type FaultKind = (typeof DELAYS | typeof ENDS | typeof FORGERIES)[number];

/** One fault of one connection. */
export interface Fault {
  readonly kind: FaultKind;
  /** On the way from who connected, or on the way back to it. */
  readonly way: 'asked' | 'answered';
  /** After so many bytes of that way, from when the fault is set. */
  readonly at: number;
  /** Milliseconds that a stall lasts. */
  readonly ms?: number;
}

/** What is to happen to the nth connection, from 0 on. */
export type Schedule = (nth: number) => Fault | undefined;

export interface FaultProxy {
  readonly port: number;
  /** Connections so far, and those open now. */
  readonly accepted: number;
  readonly open: number;
  /** How often each fault has struck. */
  readonly struck: Readonly<Record<FaultKind, number>>;
  /** Connections from now on have the faults of the schedule. */
  hurt(schedule: Schedule): void;
  /** Sets a fault of one of the open connections, which `choice`, from 0 to below 1, chooses. */
  afflict(choice: number, fault: Fault): void;
  /** No fault strikes any more, and what is delayed goes on. */
  calm(): void;
  /** Resets all connections. */
  reset(): void;
  /** Resets all connections, and takes no more. */
  close(): void;
}

/** Bytes that go one by one, and the pause after each. */
const TRICKLE = { bytes: 400, piece: 16, pauseMs: 2 };
/** So many pieces of other connections go first. */
const HELD_BACK = 4;
/** The longest that anything is held back, should there be no others. */
const HELD_MS = 500;
const STALL_MS = 200;
const GARBAGE = Buffer.from(Array.from({ length: 64 }, (_, i) => (i * 151 + 7) & 0xff));

/** What connections of a wire share. */
class Weather {
  readonly struck = {
    ...{ stall: 0, trickle: 0, hold: 0, cut: 0, reset: 0, 'half-close': 0 },
    ...{ duplicate: 0, garbage: 0, swap: 0 },
  };
  schedule: Schedule = () => undefined;
  /** Pieces that passed, of all connections. */
  pieces = 0;
  /** The latest piece of each way: bytes of another connection. */
  readonly latest: Record<Fault['way'], Buffer> = { asked: GARBAGE, answered: GARBAGE };
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

/** Passes connections on to a port of this machine. It is calm at first. */
export async function startFaultProxy(port: number): Promise<FaultProxy> {
  const weather = new Weather();
  const wires = new Set<Wire>();
  let accepted = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const wire = new Wire(near, far, weather, weather.schedule(accepted++));
    wires.add(wire);
    void wire.carry().finally(() => wires.delete(wire));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const reset = (): void => {
    for (const wire of wires) wire.reset();
  };
  return {
    port: (server.address() as AddressInfo).port,
    get accepted() {
      return accepted;
    },
    get open() {
      return wires.size;
    },
    struck: weather.struck,
    hurt: (schedule) => weather.hurt(schedule),
    afflict: (choice, fault) => [...wires][Math.floor(choice * wires.size)]?.afflict(fault),
    calm: () => weather.calm(),
    reset,
    close() {
      weather.calm();
      server.close();
      reset();
    },
  };
}

class Wire {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #weather: Weather;
  #fault: Fault | undefined;
  #passed = 0;

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
    this.#weather.struck[fault.kind]++;
    if (left > 0) await write(to, bytes.subarray(0, left));
    await this.#strike(fault, bytes.subarray(left), to);
  }

  async #strike({ kind, ms = STALL_MS, way }: Fault, rest: Buffer, to: Socket): Promise<void> {
    const weather = this.#weather;
    switch (kind) {
      case 'cut':
        this.#near.destroySoon();
        this.#far.destroySoon();
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
        await write(to, rest);
        return write(to, rest);
      case 'garbage':
        await write(to, GARBAGE);
        return write(to, rest);
      case 'swap':
        // As many bytes as there should be: what is missing would only be waited for.
        return write(to, Buffer.alloc(rest.length, weather.latest[way]));
    }
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
