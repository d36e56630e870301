import { constants, createPrivateKey, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { PortholeError } from '../errors.ts';
import type { Deadlines } from './deadlines.ts';
import type { Guest } from './room.ts';

/** What a TLS listener shows its clients: PEM, the certificate with its intermediates if it has any. */
export interface ServingCertificate {
  readonly cert: string;
  readonly key: string;
}

/** The first byte of a TLS record that begins a handshake (RFC 8446 section 5.1). */
const HANDSHAKE = 0x16;

/** Go's answer (`net/http.conn.serve`) in HTTP/1.1. Plain text, since kubectl shows no other to its first request. */
const USE_HTTPS =
  'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\nClient sent an HTTP request to an HTTPS server; use https:// in place of http://\n';

/**
 * One context for all connections: TLS 1.2 or newer.
 * @throws {PortholeError} `ERR_LISTEN` when certificate and key can not serve
 */
export function servingContext({ cert, key }: ServingCertificate): SecureContext {
  const certificate = orRefuse('the certificate is no PEM', () => new X509Certificate(cert));
  const privateKey = orRefuse('the key is no PEM, or has a passphrase', () =>
    createPrivateKey(key),
  );
  if (!certificate.checkPrivateKey(privateKey)) throw refused('the key is of another certificate');
  return orRefuse('TLS refuses them', () =>
    createSecureContext({
      cert,
      key,
      minVersion: 'TLSv1.2',
      // As Go's server: a handshake costs us more than the client that asks for it.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    }),
  );
}

function orRefuse<T>(reason: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw refused(reason, cause);
  }
}

function refused(reason: string, cause?: unknown): PortholeError {
  const message = `the serving certificate and its key do not work in TLS: ${reason}`;
  return new PortholeError('ERR_LISTEN', message, { cause });
}

/** The server's end of TLS on `transport`, whose handshake begins with what was read and put back. */
export function secure(transport: Socket, secureContext: SecureContext): TLSSocket {
  const socket = new TLSSocket(transport, {
    isServer: true,
    secureContext,
    ALPNProtocols: ['http/1.1'],
  });
  // After the handshake, Node leaves it to a tls.Server to hear that a record is not the client's, or that the client has
  // sent an alert. Without one nobody is told, and nothing more is read, not even that the client is gone.
  socket.on('_tlsError', () => socket.destroy());
  return socket;
}

/** A connection to a TLS listener of which nothing has come yet: its first byte tells TLS from plain HTTP. */
export class Greeting implements Guest {
  readonly dispensable = true;
  readonly since = performance.now();
  readonly #transport: Socket;
  readonly #lingerMs: number;
  #deadline: number;

  get deadline(): number {
    return this.#deadline;
  }

  /** One of the two is called, or none when the client leaves. `onPlain` was answered. */
  constructor(
    transport: Socket,
    deadlines: Deadlines,
    told: { onTls(): void; onPlain(error: PortholeError): void },
  ) {
    this.#transport = transport;
    this.#lingerMs = deadlines.linger;
    this.#deadline = this.since + deadlines.head;
    const leave = (): unknown => transport.destroy();
    transport.on('error', leave);
    transport.once('end', leave);
    transport.once('data', (bytes: Buffer) => {
      if (bytes[0] === HANDSHAKE) {
        transport.off('end', leave);
        transport.pause();
        transport.unshift(bytes);
        told.onTls();
      } else if (/^[A-Z]/.test(bytes.toString('latin1', 0, 1))) {
        this.#refuse();
        told.onPlain(plainHttp());
      } else leave();
    });
  }

  /** What still comes is dropped for a moment: a reset could overtake the answer. */
  #refuse(): void {
    this.#deadline = performance.now() + this.#lingerMs;
    this.#transport.end(USE_HTTPS);
  }

  check(now: number): void {
    if (now >= this.#deadline) this.destroy();
  }

  giveWay(): void {
    this.destroy();
  }

  stop(): void {
    this.destroy();
  }

  destroy(): void {
    this.#transport.destroy();
  }
}

function plainHttp(): PortholeError {
  return new PortholeError(
    'ERR_MALFORMED_REQUEST',
    'a plain HTTP request came to the TLS port; use https:// in place of http://',
  );
}
