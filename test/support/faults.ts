// What can be wrong with a wire.

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
  /** Of several connections with this same fault, it strikes only the one that gets there first. */
  readonly once?: boolean;
}

/** What is to happen to the nth connection, from 0 on. */
export type Schedule = (nth: number) => Fault | undefined;
