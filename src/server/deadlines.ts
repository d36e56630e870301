/** Milliseconds until a connection that waits is closed, or asked. */
export interface Deadlines {
  /** From accept or from a head's first byte to the head's end. */
  readonly head: number;
  /** Between two requests. */
  readonly idle: number;
  /** For a client that still sends after our last byte, so that it reads the answer before a reset. */
  readonly linger: number;
  /** After a client ended its side with a request under way, before it is asked whether it still listens. */
  readonly probe: number;
  /** For so long one that waits is spared when others need its place: its request may be on the way. */
  readonly spare: number;
}

/** `idle` is longer than the 90 s after which Go's client lets go of a connection. */
export const DEADLINES: Deadlines = {
  head: 10_000,
  idle: 120_000,
  linger: 2_000,
  probe: 200,
  spare: 250,
};
