import type { Duplex } from 'node:stream';
import { PortholeError } from '../errors.ts';
import type { RequestHead, ResponseHead } from '../http1/message.ts';
import type { ExchangeRecord } from '../record/exchange-record.ts';
import type { Tunnel } from '../server/exchange.ts';
import { AnswerRelay, type RelayEnds, type Relayed } from './http.ts';

/** Protocols whose clients understand no other answer to an upgrade than 101 or an error. */
const STREAMING = /^(?:websocket|spdy\/)/i;
/** HTTP itself and TLS, anywhere in the list: a tunnel of these would carry requests past every check of ours. */
const UNTUNNELLED = /(?:^|,)[ \t]*(?:h2c?|http|tls)[ \t]*(?:[/,]|$)/i;

/** Whether the request is to leave as an upgrade. One that is not is an ordinary request without its Upgrade field. */
export function isUpgrade(request: RequestHead): boolean {
  return request.upgrade !== undefined && !UNTUNNELLED.test(request.upgrade);
}

/**
 * Forwards an upgrade request. A 101 for the protocol that was asked for joins the two connections until both have
 * ended. An answer below 400 to one of `STREAMING` is an error; any other is relayed whole and ends the client's
 * connection.
 * @throws {PortholeError} as rejection; the connection is destroyed then
 */
export function relayUpgrade(ends: RelayEnds, head: string): Promise<Relayed> {
  return new Promise((resolve, reject) => {
    new UpgradeRelay(ends, resolve, reject).start(head);
  });
}

class UpgradeRelay extends AnswerRelay {
  override onHead(head: ResponseHead): void {
    const asked = this.exchange.request.upgrade ?? '';
    if (head.status === 101) {
      if (head.upgrade?.toLowerCase() === asked.toLowerCase()) this.#switch(head);
      else this.fail(failed(`the API server switched to another protocol than ${asked}`));
    } else if (head.status < 400 && STREAMING.test(asked)) {
      this.fail(failed(`the API server answered ${head.status} to an upgrade to ${asked}`));
    } else super.onHead(head);
  }

  /** A connection that was to leave HTTP does not go back to it. */
  protected override done(): void {
    super.done(false);
  }

  override discard(): boolean {
    return false;
  }

  #switch(head: ResponseHead): void {
    this.answered(head);
    const upstream = this.connection.detach();
    const client = this.exchange.switchProtocols(this.outgoing(head));
    join(client, upstream, this.record, (error) => {
      if (error === undefined) this.done();
      else this.onError(error);
    });
  }
}

/**
 * Two sockets as one pipe. Each end is passed on by itself, so that what the other side still sends arrives; an error or
 * a cut on either side cuts the other.
 */
function join(
  client: Tunnel,
  upstream: { readonly socket: Duplex; readonly early: Buffer },
  record: ExchangeRecord,
  done: (error: PortholeError | undefined) => void,
): void {
  let open = 2;
  let failure: PortholeError | undefined;
  const closed = (): void => {
    if (--open === 0) done(failure);
  };
  const clientLost = (): void => {
    failure ??= client.lost();
    upstream.socket.destroy();
  };
  const upstreamLost = (error?: Error): void => {
    // One of ours is the pool's reason to end the tunnel.
    failure ??=
      error instanceof PortholeError
        ? error
        : new PortholeError('ERR_UPSTREAM_ABORTED', 'the API server cut the tunnel');
    if (!client.socket.destroyed) client.cut();
  };
  const count = (bytesIn: number, bytesOut: number): void => {
    record.bytesIn += bytesIn;
    record.bytesOut += bytesOut;
  };
  client.socket.on('data', (bytes: Buffer) => count(bytes.length, 0));
  upstream.socket.on('data', (bytes: Buffer) => count(0, bytes.length));
  client.socket.on('error', clientLost);
  upstream.socket.on('error', upstreamLost);
  client.socket.on('close', () => {
    if (!client.socket.readableEnded) clientLost();
    closed();
  });
  upstream.socket.on('close', () => {
    if (!upstream.socket.readableEnded) upstreamLost();
    closed();
  });
  count(client.early.length, upstream.early.length);
  if (client.early.length > 0) upstream.socket.write(client.early);
  if (upstream.early.length > 0) client.socket.write(upstream.early);
  client.socket.pipe(upstream.socket);
  upstream.socket.pipe(client.socket);
}

function failed(what: string): PortholeError {
  return new PortholeError('ERR_UPGRADE_FAILED', what);
}
