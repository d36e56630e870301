import type { Socket } from 'node:net';

/** Milliseconds. */
const EVERY = 1_000;

/** What Node's TLS has beneath it, and what each of them still has to write, in bytes. */
interface Handle {
  readonly writeQueueSize?: number;
  readonly _parent?: Handle | undefined;
}

/**
 * Destroys a connection whose writes are stuck, with an error, until the returned function is called. Where the kernel
 * refuses a write at once, since a reset has just come, TLSWrap of Node 20, 22 and 24 tells its writer, but goes on to take
 * the write for one under way (`EncOut` in crypto_tls.cc). node:http2 does not heed the former; its next write waits for
 * ever, and while one waits it reads nothing: it hears of neither the reset nor the end. A connection that is reset while
 * streams on it end is mute then, until it owes the answer to a ping. Nothing public shows it; that TLS holds bytes and TCP
 * has nothing to do does. In a Node without these fields, there are still the pings.
 */
export function endStuckWrites(socket: Socket): () => void {
  let suspected = false;
  const timer = setInterval(() => {
    // For a moment it is so after each write.
    if (suspected && isStuck(socket)) socket.destroy(reset());
    else suspected = isStuck(socket);
  }, EVERY).unref();
  return () => clearInterval(timer);
}

function isStuck(socket: Socket): boolean {
  const { _handle: tls } = socket as Socket & { readonly _handle?: Handle | null };
  return (tls?.writeQueueSize ?? 0) > 0 && tls?._parent?.writeQueueSize === 0;
}

function reset(): Error {
  return Object.assign(new Error('write ECONNRESET'), { code: 'ECONNRESET', syscall: 'write' });
}
