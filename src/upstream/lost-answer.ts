import type { Socket } from 'node:net';
import { PortholeError } from '../errors.ts';

/** Turns a socket error into words; it knows which server this is. */
export type Explain = (error: Error) => PortholeError;

/** The API server did not begin its answer. */
export function closed(): PortholeError {
  const message = 'the API server closed the connection without an answer';
  return new PortholeError('ERR_UPSTREAM_CLOSED', message);
}

/** It did not come to the end of it; `cause` is why, where that is known. */
export function aborted(cause?: PortholeError): PortholeError {
  const message = cause?.message ?? 'the API server cut its answer short';
  return new PortholeError('ERR_UPSTREAM_ABORTED', message, { cause });
}

/**
 * Calls `done` unless the API server has reset the connection: libuv takes a reset for an end when bytes came just before it.
 * Writing nothing fails then, with an error of the socket, and sends nothing.
 */
export function unlessReset(socket: Socket, done: () => void): void {
  if (socket.writable) socket.write('', (error) => error || done());
  else done();
}
