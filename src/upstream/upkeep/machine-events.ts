import { networkInterfaces } from 'node:os';

/** Clocks, in milliseconds, and the addresses of one machine. */
export interface Machine {
  readonly wall: () => number;
  /** On some systems it stands still while the machine sleeps. */
  readonly monotonic: () => number;
  /** Of interfaces that are up; undefined where they can not be known. */
  readonly addresses: () => ReadonlySet<string> | undefined;
}

export const thisMachine: Machine = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  addresses() {
    try {
      const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
      return new Set(all.map(({ address }) => plain(address)));
    } catch {
      return undefined;
    }
  },
};

/** A jump of the clocks that is taken for sleep, in milliseconds. */
const JUMP = 10_000;
const LOOPBACK = /^(?:127\.|::1$)/;

/** Notices what the sockets of a machine do not tell: that it slept, and that it is on another network. */
export class MachineEvents {
  readonly #machine: Machine;
  readonly #periodMs: number;
  /** How far the wall clock is ahead of the monotonic one. */
  #ahead: number;
  #lookedAt: number | undefined;
  /** Every address that was there at some look: one that never was tells nothing by its absence. */
  readonly #known = new Set<string>();

  /** `periodMs` lies between two looks. */
  constructor(machine: Machine, periodMs: number) {
    this.#machine = machine;
    this.#periodMs = periodMs;
    this.#ahead = machine.wall() - machine.monotonic();
  }

  /** Looks begin, the first one after a period; or, with false, they end. */
  expectLooks(begin: boolean): void {
    this.#lookedAt = begin ? this.#machine.monotonic() : undefined;
    if (begin) this.lostAddresses();
  }

  look(): void {
    if (this.#lookedAt !== undefined) this.#lookedAt = this.#machine.monotonic();
  }

  /**
   * Whether the machine, or this process, stood still since the last call: the wall clock has run ahead of the monotonic
   * one, or a look is overdue.
   */
  slept(): boolean {
    const now = this.#machine.monotonic();
    const ahead = this.#machine.wall() - now;
    const jumped = ahead - this.#ahead > JUMP;
    this.#ahead = ahead;
    return jumped || (this.#lookedAt !== undefined && now - this.#lookedAt > this.#periodMs + JUMP);
  }

  /** Addresses that the machine had and has no more. */
  lostAddresses(): ReadonlySet<string> {
    const addresses = this.#machine.addresses();
    const lost = new Set<string>();
    if (addresses === undefined) return lost;
    for (const address of addresses) this.#known.add(address);
    for (const address of this.#known) if (!addresses.has(address)) lost.add(address);
    return lost;
  }
}

/** The address of a socket as `Machine.addresses` gives it; undefined for one that no network can take away. */
export function networkAddress(localAddress: string | undefined): string | undefined {
  if (localAddress === undefined) return undefined;
  const address = plain(localAddress);
  return LOOPBACK.test(address) ? undefined : address;
}

/** Without a zone (RFC 4007 section 11), and IPv4 as such (RFC 4291 section 2.5.5.2). */
function plain(address: string): string {
  return address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
}
