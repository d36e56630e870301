import { HEAD_LIMITS, type HeadLimits } from '../http1/head.ts';
import type { Deadlines } from './deadlines.ts';
import type { Turn } from './turn.ts';

/** Bounds of what clients may take. */
export interface Limits extends HeadLimits {
  /** Client connections at once, tunnels among them. */
  readonly connections: number;
}

/** What holds for all connections of a listener. */
export interface Terms {
  readonly deadlines: Deadlines;
  readonly limits: Limits;
  readonly turn: Turn;
}

/** docs/reliability.md says what they make of memory. */
export const LIMITS: Limits = { ...HEAD_LIMITS, connections: 4_096 };
