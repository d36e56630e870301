// The schedule of a run: which connection is hurt how, and when. The same for the same seed, as far as the order of connections is.
import type { FaultProxy } from '../fault-proxy.ts';
import { DELAYS, ENDS, type Fault, type FaultKind, FORGERIES, type Schedule } from '../faults.ts';
import { below, oneOf, type Random, seeded } from '../seeded.ts';

/** What is done to one of the two wires. */
interface Climate {
  readonly kinds: readonly FaultKind[];
  /** How many of a hundred new connections are hurt early in their life. */
  readonly share: number;
  /** The bytes within which that is. */
  readonly early: number;
  /** Milliseconds between blows to open connections: from, and so many more at most. */
  readonly pause: { readonly from: number; readonly more: number };
}

/** TLS goes through it, so bytes may be forged as well. */
const UPSTREAM: Climate = {
  kinds: [...ENDS, ...DELAYS, ...FORGERIES],
  share: 40,
  early: 12_000,
  pause: { from: 20, more: 120 },
};

/** Plain HTTP has nothing by which a forged byte could be told: there is none here. */
const CLIENT: Climate = {
  kinds: [...ENDS, ...DELAYS],
  share: 20,
  early: 6_000,
  pause: { from: 20, more: 80 },
};

const LATE_BYTES = 4_000;
const STALL_MS = 300;

/** Hurts both wires, until what it returns is called. */
export function storm(
  seed: number,
  upstream: FaultProxy,
  client: FaultProxy,
  clientHasTls: boolean,
): () => void {
  const ofClients = clientHasTls ? { ...CLIENT, kinds: UPSTREAM.kinds } : CLIENT;
  const ends = [blow(upstream, UPSTREAM, seed, 1), blow(client, ofClients, seed, 2)];
  return () => {
    for (const end of ends) end();
  };
}

function blow(wire: FaultProxy, climate: Climate, seed: number, side: number): () => void {
  const first = wire.accepted;
  const schedule: Schedule = (nth) => {
    const random = seeded(seed, side, nth - first);
    return below(100, random) < climate.share ? faultOf(climate, climate.early, random) : undefined;
  };
  wire.hurt(schedule);
  const random = seeded(seed, side, -1);
  let timer: NodeJS.Timeout;
  const next = (): void => {
    timer = setTimeout(() => {
      wire.afflict(random(), faultOf(climate, LATE_BYTES, random));
      next();
    }, climate.pause.from + below(climate.pause.more, random));
  };
  next();
  return () => {
    clearTimeout(timer);
    wire.calm();
  };
}

function faultOf({ kinds }: Climate, bytes: number, random: Random): Fault {
  return {
    kind: oneOf(kinds, random),
    way: random() < 0.5 ? 'asked' : 'answered',
    at: below(bytes, random),
    ms: below(STALL_MS, random),
  };
}
