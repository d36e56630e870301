import type { Duplex } from 'node:stream';
import { PortholeError } from '../errors.ts';
import type { RequestHead, ResponseHead } from '../http1/message.ts';
import type { ExchangeRecord } from '../record/exchange-record.ts';
import type { ClientTunnel } from '../server/exchange.ts';
import type { UpstreamConnection } from '../upstream/connection.ts';
import type { Relayed } from './answer-relay.ts';
import { ConnectionRelay, type RelayEnds } from './http.ts';

/** Protocols whose clients understand no other answer to an upgrade than 101 or an error. */
const STREAMING = /^(?:websocket|spdy\/)/i;
/** HTTP itself and TLS, anywhere in the list: a tunnel of these would carry requests past every check of ours. */
const UNTUNNELLED = /(?:^|,)[ \t]*(?:h2c?|http|tls)[ \t]*(?:[/,]|$)/i;
/** For the rest of an answer that refuses an upgrade, in milliseconds: as in apimachinery's UpgradeAwareHandler. */
const REFUSAL_MS = 10_000;

/** Whether the request is to leave as an upgrade. One that is not is an ordinary request without its Upgrade field. */
export function isUpgrade(request: RequestHead): boolean {
  return request.upgrade !== undefined && !UNTUNNELLED.test(request.upgrade);
}

/**
 * Forwards an upgrade request. A 101 for the protocol that was asked for joins the two connections until both have
 * ended. An answer below 400 to one of `STREAMING` is an error; any other is relayed whole, within `REFUSAL_MS` if it is
 * one, and ends the client's connection.
 * @throws {PortholeError} as rejection; the connection is destroyed then
 */
export function relayUpgrade(ends: RelayEnds, head: string): Promise<Relayed> {
  return new Promise((resolve, reject) => {
    new UpgradeRelay(ends, resolve, reject).start(head);
  });
}

class UpgradeRelay extends ConnectionRelay {
  #refusal: NodeJS.Timeout | undefined;

  override onHead(head: ResponseHead): void {
    const asked = this.exchange.request.upgrade ?? '';
    if (head.status === 101) {
      // Two of them are two protocols, one over the other (RFC 9110 section 7.8).
      const one = head.headers.count('upgrade') === 1;
      if (one && head.upgrade?.toLowerCase() === asked.toLowerCase()) this.#switch(head);
      else this.fail(failed(`the API server switched to another protocol than ${asked}`));
    } else if (head.status < 400 && STREAMING.test(asked)) {
      this.fail(failed(`the API server answered ${head.status} to an upgrade to ${asked}`));
    } else {
      if (head.status >= 400) this.#refusal = setTimeout(() => this.fail(unfinished()), REFUSAL_MS);
      super.onHead(head);
    }
  }

  override onEnd(): void {
    clearTimeout(this.#refusal);
    super.onEnd();
  }

  override onError(error: PortholeError): void {
    clearTimeout(this.#refusal);
    super.onError(error);
  }

  /** A connection that was to leave HTTP does not go back to it. */
  protected override done(): void {
    super.done(false);
  }

  override discard(): boolean {
    clearTimeout(this.#refusal);
    return false;
  }

  #switch(head: ResponseHead): void {
    this.answered(head);
    const client = this.exchange.switchProtocols(this.outgoing(head));
    join(client, this.connection, this.record, (error) => {
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
  client: ClientTunnel,
  connection: UpstreamConnection,
  record: ExchangeRecord,
  done: (error: PortholeError | undefined) => void,
): void {
  const toClient = (bytes: Buffer): void => {
    record.bytesOut += bytes.length;
    if (!client.write(bytes)) connection.pause();
  };
  const upstream = connection.detach({ onData: toClient, onFlush: client.flush });
  const toUpstream = (bytes: Buffer): void => {
    record.bytesIn += bytes.length;
    if (!upstream.socket.write(bytes)) client.socket.pause();
  };
  watchEnds(client, upstream.socket, done);
  if (client.early.length > 0) toUpstream(client.early);
  if (upstream.early.length > 0) toClient(upstream.early);
  client.flush();
  client.socket.on('data', toUpstream);
  client.socket.on('drain', () => connection.resume());
  upstream.socket.on('drain', () => client.socket.resume());
  // The client may have ended its side before.
  if (client.socket.readableEnded) upstream.socket.end();
  else client.socket.on('end', () => upstream.socket.end());
  upstream.socket.on('end', () => {
    client.flush();
    client.socket.end();
  });
  if (!client.socket.writableNeedDrain) connection.resume();
  if (!upstream.socket.writableNeedDrain) client.socket.resume();
}

/** Calls `done` when both are closed, with the first failure there was. */
function watchEnds(
  client: ClientTunnel,
  upstream: Duplex,
  done: (error: PortholeError | undefined) => void,
): void {
  let open = 2;
  let failure: PortholeError | undefined;
  const closed = (): void => {
    if (--open === 0) done(failure);
  };
  const clientLost = (): void => {
    failure ??= client.lost();
    upstream.destroy();
  };
  const upstreamLost = (error?: Error): void => {
    // One of ours is the pool's reason to end the tunnel.
    failure ??=
      error instanceof PortholeError
        ? error
        : new PortholeError('ERR_UPSTREAM_ABORTED', 'the API server cut the tunnel');
    if (!client.socket.destroyed) client.cut();
  };
  client.socket.on('error', clientLost);
  upstream.on('error', upstreamLost);
  client.socket.on('close', () => {
    if (!client.socket.readableEnded) clientLost();
    closed();
  });
  upstream.on('close', () => {
    if (!upstream.readableEnded) upstreamLost();
    closed();
  });
}

function failed(what: string): PortholeError {
  return new PortholeError('ERR_UPGRADE_FAILED', what);
}

function unfinished(): PortholeError {
  return new PortholeError(
    'ERR_UPSTREAM_ABORTED',
    `the API server refused the upgrade and did not finish its answer within ${REFUSAL_MS / 1000} s`,
  );
}
