import type { Credential } from '../credentials/credentials.ts';
import { PortholeError } from '../errors.ts';
import type { RequestHead } from '../http1/message.ts';
import { hasBody } from '../http1/request-head.ts';
import type { ExchangeRecord } from '../record/exchange-record.ts';
import type { Exchange } from '../server/exchange.ts';
import type { UpstreamConnection } from '../upstream/connection.ts';
import type { UpstreamStream } from '../upstream/http2/stream.ts';
import type { Pool } from '../upstream/pool.ts';
import type { Withheld } from './answer-relay.ts';
import { relay } from './http.ts';
import { type HeldBudget, OutgoingBody } from './outgoing-body.ts';
import { provesItself, type Rewrite } from './rewrite.ts';
import { relayStreamed } from './streamed.ts';
import { isUpgrade, relayUpgrade } from './upgrade.ts';

/** What forwarding needs. */
export interface ForwardOptions {
  readonly pool: Pool;
  readonly rewrite: Rewrite;
  /** What bodies may hold. */
  readonly held: HeldBudget;
  /** Milliseconds until an answer's head has to be here, but for long-running requests; 0 is no limit. */
  readonly requestTimeoutMs: number;
}

/** What a request may need beside itself. */
export interface ForwardContext {
  readonly credential: Credential;
  /** Another credential may be had when this one is not accepted. */
  readonly renewable: boolean;
  /** Of an earlier try: its body goes out once more. */
  readonly after?: Rejection | undefined;
}

/** The API server did not accept the credential, or the handshake failed, and nothing has been passed on of what it said, as yet. */
export interface Rejection {
  /** Passes it on after all. Settles as `Forward` does. */
  passOn(): Promise<void>;
  /** Forgets it, for another try. */
  discard(): void;
  readonly body: OutgoingBody;
  /** Of the handshake. */
  readonly error?: PortholeError;
}

/**
 * Sends an admitted exchange to the API server and its answer back, noting times in the record. `request` is the
 * exchange's own, without what was meant for porthole. Settles when the answer is complete, or the tunnel has ended; with a
 * rejection when the credential was not accepted, is renewable, and the request can be sent once more.
 */
export type Forward = (
  exchange: Exchange,
  request: RequestHead,
  context: ForwardContext,
  record: ExchangeRecord,
) => Promise<Rejection | undefined>;

export function createForward(options: ForwardOptions): Forward {
  const { pool, rewrite, held } = options;
  return async (exchange, request, context, record) => {
    const { id: auditID, clientAddress } = exchange;
    const { credential, after } = context;
    const upgrade = isUpgrade(request);
    if (upgrade && hasBody(request.framing)) {
      throw new PortholeError('ERR_MALFORMED_REQUEST', 'Upgrade on a request with a body');
    }
    const head = rewrite(request, credential, { auditID, clientAddress, upgrade });
    if (upgrade) record.upgrade = request.upgrade;
    const headTimeoutMs = exchange.longRunning || upgrade ? 0 : options.requestTimeoutMs;
    // Who answers 401 there may be the workload behind the API server, and may have acted.
    const withhold = context.renewable && after === undefined && !isForWorkload(record);
    const hold = withhold && hasBody(request.framing) && !provesItself(request);
    const body = after?.body ?? new OutgoingBody(exchange, hold, held);
    const mayStream = exchange.longRunning && !upgrade && request.framing.kind === 'none';
    // An upgrade can not be tried again, so it does not risk a connection that may have died unseen.
    for (let fresh = upgrade; ; fresh = true) {
      let connection: UpstreamConnection | UpstreamStream | undefined;
      try {
        connection = await acquire(pool, exchange, credential, { head, fresh, mayStream }, record);
        if ('isStream' in connection) {
          const ends = { exchange, stream: connection, record, request, withhold };
          const withheld = await relayStreamed(ends, head);
          return withheld && rejectionOf(withheld, body);
        }
        connection.longRunning = exchange.longRunning || upgrade;
        const ends = { exchange, request, connection, record, headTimeoutMs, body, withhold };
        const relayed = await (upgrade ? relayUpgrade(ends, head) : relay(ends, head));
        if (typeof relayed !== 'boolean') return unauthorized(relayed, connection, pool, body);
        giveBack(connection, relayed, pool);
        return undefined;
      } catch (error) {
        if (withhold && isHandshake(error) && mayRepeat(exchange, connection)) {
          return { passOn: () => Promise.reject(error), discard: () => {}, body, error };
        }
        if (fresh || connection === undefined || isLate(error) || !mayRetry(exchange, connection)) {
          body.forget();
          throw error;
        }
      }
    }
  };
}

/** Whether the API server passes the request on to a pod, a service or a node. */
export function isForWorkload({ verb, subresource }: ExchangeRecord): boolean {
  return subresource === 'proxy' || verb === 'proxy';
}

function giveBack(connection: UpstreamConnection, reusable: boolean, pool: Pool): void {
  if (reusable) pool.release(connection);
  else connection.destroy();
}

function unauthorized(
  answer: Withheld,
  connection: UpstreamConnection,
  pool: Pool,
  body: OutgoingBody,
): Rejection {
  return {
    body,
    async passOn() {
      giveBack(connection, await answer.passOn(), pool);
    },
    discard() {
      giveBack(connection, answer.discard(), pool);
    },
  };
}

function rejectionOf(answer: Withheld, body: OutgoingBody): Rejection {
  return {
    body,
    async passOn() {
      await answer.passOn();
    },
    discard() {
      answer.discard();
    },
  };
}

/** What a request is to go by. */
interface Way {
  readonly head: string;
  readonly fresh: boolean;
  readonly mayStream: boolean;
}

async function acquire(
  pool: Pool,
  exchange: Exchange,
  credential: Credential,
  { head, fresh, mayStream }: Way,
  record: ExchangeRecord,
): Promise<UpstreamConnection | UpstreamStream> {
  const asked = performance.now();
  const onWait = (cancel: (reason: PortholeError) => void): void => {
    exchange.onFailure = cancel;
  };
  const stream = mayStream ? await pool.http2.acquire(credential, head, fresh, onWait) : undefined;
  const connection = stream ?? (await pool.acquire(credential, fresh, onWait));
  record.connectMs = performance.now() - asked;
  record.reused = connection.reused;
  record.upstreamAddress = connection.dialled.address;
  if (!connection.reused) {
    record.dialMs = connection.dialled.dialMs;
    record.dnsMs = connection.dialled.dnsMs;
    record.tlsMs = connection.dialled.tlsMs;
  }
  if (exchange.failure === undefined) return connection;
  if ('isStream' in connection) connection.destroy();
  else pool.release(connection);
  throw exchange.failure;
}

/**
 * RFC 9110 section 9.2.2, RFC 9112 section 9.3.1: a safe request without a body may go out once more when an idle
 * connection turned out to be closed. Nothing else is ever sent twice.
 */
function mayRetry(exchange: Exchange, connection: UpstreamConnection | UpstreamStream): boolean {
  const refused = 'isStream' in connection && connection.refused;
  return (
    (connection.reused || refused) &&
    !connection.answered &&
    exchange.failure === undefined &&
    isSafe(exchange.request)
  );
}

/** TCP asked in vain whether the API server is still there; one that was only closed says so at once. */
const LOST = ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'];

/** The client has waited for long already: a second try would only make it wait twice as long. */
function isLate(error: unknown): boolean {
  if (!(error instanceof PortholeError)) return false;
  const { code = '' } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return error.code === 'ERR_UPSTREAM_TIMEOUT' || LOST.includes(code);
}

/** TLS 1.3: a client certificate is refused after the handshake, when the request is on its way. */
function isHandshake(error: unknown): error is PortholeError {
  return error instanceof PortholeError && error.code === 'ERR_UPSTREAM_TLS';
}

/** Without a connection nothing was sent; over one, what a failed handshake has thrown away is safe to repeat only if it is. */
function mayRepeat(
  exchange: Exchange,
  connection: UpstreamConnection | UpstreamStream | undefined,
): boolean {
  if (exchange.failure !== undefined) return false;
  return connection === undefined || (!connection.answered && isSafe(exchange.request));
}

function isSafe({ method, framing }: RequestHead): boolean {
  return framing.kind === 'none' && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS');
}
