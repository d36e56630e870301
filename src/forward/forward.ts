import type { Credential } from '../credentials/credentials.ts';
import { PortholeError } from '../errors.ts';
import type { RequestHead } from '../http1/message.ts';
import { hasBody } from '../http1/request-head.ts';
import type { ExchangeRecord } from '../record/exchange-record.ts';
import type { Exchange } from '../server/exchange.ts';
import type { UpstreamConnection } from '../upstream/connection.ts';
import type { Pool } from '../upstream/pool.ts';
import { relay } from './http.ts';
import type { Rewrite } from './rewrite.ts';
import { isUpgrade, relayUpgrade } from './upgrade.ts';

/** What forwarding needs. */
export interface ForwardOptions {
  readonly pool: Pool;
  readonly rewrite: Rewrite;
  /** Milliseconds until an answer's head has to be here, but for long-running requests; 0 is no limit. */
  readonly requestTimeoutMs: number;
}

/**
 * Sends an admitted exchange to the API server and its answer back, noting times in the record. `request` is the
 * exchange's own, without what was meant for porthole. Settles when the answer is complete, or the tunnel has ended.
 */
export type Forward = (
  exchange: Exchange,
  request: RequestHead,
  credential: Credential,
  record: ExchangeRecord,
) => Promise<void>;

export function createForward(options: ForwardOptions): Forward {
  const { pool, rewrite } = options;
  return async (exchange, request, credential, record) => {
    const { id: auditID, clientAddress } = exchange;
    const upgrade = isUpgrade(request);
    if (upgrade && hasBody(request.framing)) {
      throw new PortholeError('ERR_MALFORMED_REQUEST', 'Upgrade on a request with a body');
    }
    const head = rewrite(request, credential, { auditID, clientAddress, upgrade });
    if (upgrade) record.upgrade = request.upgrade;
    const headTimeoutMs = exchange.longRunning || upgrade ? 0 : options.requestTimeoutMs;
    // An upgrade can not be tried again, so it does not risk a connection that may have died unseen.
    for (let fresh = upgrade; ; fresh = true) {
      const connection = await acquire(pool, exchange, credential, fresh, record);
      const ends = { exchange, connection, record, headTimeoutMs };
      try {
        const reusable = await (upgrade ? relayUpgrade(ends, head) : relay(ends, head));
        if (reusable) pool.release(connection);
        else connection.destroy();
        return;
      } catch (error) {
        if (isLate(error) || !mayRetry(exchange, connection)) throw error;
      }
    }
  };
}

async function acquire(
  pool: Pool,
  exchange: Exchange,
  credential: Credential,
  fresh: boolean,
  record: ExchangeRecord,
): Promise<UpstreamConnection> {
  const asked = performance.now();
  const connection = await pool.acquire(credential, fresh, (cancel) => {
    exchange.onFailure = cancel;
  });
  record.connectMs = performance.now() - asked;
  record.reused = connection.reused;
  if (!connection.reused) {
    record.dialMs = connection.dialled.dialMs;
    record.tlsMs = connection.dialled.tlsMs;
  }
  if (exchange.failure === undefined) return connection;
  pool.release(connection);
  throw exchange.failure;
}

/**
 * RFC 9110 section 9.2.2, RFC 9112 section 9.3.1: a safe request without a body may go out once more when an idle
 * connection turned out to be closed. Nothing else is ever sent twice.
 */
function mayRetry(exchange: Exchange, connection: UpstreamConnection): boolean {
  return (
    connection.reused &&
    !connection.answered &&
    exchange.failure === undefined &&
    isSafe(exchange.request)
  );
}

/** The API server had the request: a second try would only make the client wait twice as long. */
function isLate(error: unknown): boolean {
  return error instanceof PortholeError && error.code === 'ERR_UPSTREAM_TIMEOUT';
}

function isSafe({ method, framing }: RequestHead): boolean {
  return framing.kind === 'none' && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS');
}
