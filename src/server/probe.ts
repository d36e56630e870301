import type { Socket } from 'node:net';
import type { Exchange } from './exchange.ts';

/**
 * A closed client and one that only ended its side look the same until something is sent to them. A 102 is legal
 * before any answer (RFC 9110 section 15.2) and makes the kernel of a closed client say so: the second write fails.
 */
export class Probe {
  readonly #afterMs: number;
  #count = 0;

  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /** Asks a client of `exchange` that has ended its side; milliseconds until it is to be asked again. */
  ask({ responded, request }: Exchange, socket: Socket): number {
    if (responded || request.version !== '1.1') return Number.POSITIVE_INFINITY;
    socket.write('HTTP/1.1 102 Processing\r\n\r\n');
    // Ever more seldom, since clients bound how many they take (Go's takes five).
    return this.#afterMs * 4 ** this.#count++;
  }
}
