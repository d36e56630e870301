import type { Duplex } from 'node:stream';

export const MiB = 1 << 20;

/** A reader, with what it has read so far in bytes. */
export interface Sipping {
  readonly read: number;
  /** Resolves once so much is read. */
  reached(bytes: number): Promise<void>;
}

/** Reads what comes from here on, and rests for `restMs` after each MiB; `take` sees the bytes. */
export function sip(
  socket: Duplex,
  restMs: () => number,
  take: (bytes: Buffer) => unknown = () => {},
): Sipping {
  let read = 0;
  let sinceRest = 0;
  let wake = (): void => {};
  socket.removeAllListeners('data').on('data', (bytes: Buffer) => {
    read += bytes.length;
    sinceRest += bytes.length;
    take(bytes);
    wake();
    if (sinceRest < MiB || restMs() === 0) return;
    sinceRest = 0;
    socket.pause();
    setTimeout(() => socket.resume(), restMs());
  });
  socket.resume();
  return {
    get read() {
      return read;
    },
    reached: (bytes) =>
      new Promise((resolve) => {
        wake = () => {
          if (read >= bytes) resolve();
        };
        wake();
      }),
  };
}
