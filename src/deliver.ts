import type { Credential, CredentialState } from './credentials/credentials.ts';
import { asPortholeError, PortholeError } from './errors.ts';
import { isForWorkload, type Rejection } from './forward/forward.ts';
import { provesItself } from './forward/rewrite.ts';
import type { Generation } from './generation.ts';
import type { Renew, Renewed } from './generations.ts';
import type { RequestHead } from './http1/message.ts';
import { dateWarning } from './kubeconfig/certificates.ts';
import type { ExchangeRecord } from './record/exchange-record.ts';
import type { Exchange } from './server/exchange.ts';

/** What the API server is to get, and by which way. */
export interface Outbound {
  readonly request: RequestHead;
  readonly generation: Generation;
}

/**
 * To the API server, as the user. When it does not accept the credential, once more with another one if that can be had;
 * else the client gets what the API server said (client-go does that in any case, and leaves the rest to the next request).
 * @throws {PortholeError} as rejection
 */
export async function deliver(
  exchange: Exchange,
  outbound: Outbound,
  renew: Renew,
  record: ExchangeRecord,
): Promise<void> {
  const { request, generation } = outbound;
  const { credentials, renewable } = generation;
  const held = credentials.current();
  record.authMs = 0;
  const credential = held instanceof Promise ? await timed(held, exchange, record) : held;
  let rejection: Rejection | undefined;
  try {
    rejection = await generation.forward(exchange, request, { credential, renewable }, record);
  } catch (error) {
    const failure = asPortholeError(error);
    if (renewable && failure.code === 'ERR_UPSTREAM_TLS')
      void renew(generation, credential, failure);
    throw withDates(failure, credential);
  }
  if (rejection !== undefined) {
    const renewing = renew(generation, credential, rejection.error);
    let renewed: Renewed | undefined;
    try {
      renewed = await renewal(exchange, rejection, renewing, record);
      if (renewed === undefined) await rejection.passOn();
      else await again(exchange, request, renewed, rejection, record);
    } catch (error) {
      throw withDates(asPortholeError(error), renewed?.credential ?? credential);
    } finally {
      rejection.body.forget();
    }
  } else if (record.status !== 401) vouch(request, generation, credential);
  // It can not be sent again, but the next one is to succeed.
  else if (renewable && !provesItself(request) && isOurs(record, credentials.state))
    void renew(generation, credential);
}

/** A server that refuses a client certificate says by an alert why, and never when it expired; some just hang up. */
function withDates(failure: PortholeError, { clientCertificate }: Credential): PortholeError {
  if (clientCertificate === undefined || !mayBeRefusal(failure)) return failure;
  const dates = dateWarning(clientCertificate.cert, new Date());
  if (dates === undefined || dates.startsWith('expires')) return failure;
  const message = `${failure.message}; the client certificate ${dates}`;
  return new PortholeError(failure.code, message, { cause: failure.cause });
}

function mayBeRefusal({ code, cause }: PortholeError): boolean {
  const { reason, code: system } = (cause ?? {}) as { reason?: string; code?: string };
  if (code === 'ERR_UPSTREAM_TLS') return reason?.includes('alert') === true;
  return code === 'ERR_UPSTREAM_CLOSED' || system === 'ECONNRESET' || system === 'EPIPE';
}

/** A credential that is refused this long after it was obtained may have been revoked. */
const OLD_MS = 10 * 60_000;

/** Whether a 401 is likely to be about our credential: a workload behind the API server says it for reasons of its own. */
function isOurs(record: ExchangeRecord, { renewedAt }: CredentialState): boolean {
  return !isForWorkload(record) || Date.now() - (renewedAt ?? 0) > OLD_MS;
}

async function renewal(
  exchange: Exchange,
  rejection: Rejection,
  renewing: Promise<Renewed | undefined>,
  record: ExchangeRecord,
): Promise<Renewed | undefined> {
  try {
    return await timed(renewing, exchange, record);
  } catch (error) {
    rejection.discard();
    throw error;
  }
}

async function again(
  exchange: Exchange,
  request: RequestHead,
  { generation, credential }: Renewed,
  after: Rejection,
  record: ExchangeRecord,
): Promise<void> {
  after.discard();
  record.replayed = true;
  await generation.forward(exchange, request, { credential, renewable: false, after }, record);
  if (record.status !== 401) vouch(request, generation, credential);
}

/** The API server has accepted it, unless the client proved itself: then ours was not sent. */
function vouch(request: RequestHead, { credentials }: Generation, credential: Credential): void {
  const { accepted } = credentials;
  if (accepted !== undefined && !provesItself(request)) accepted(credential);
}

/** Waits for a credential, and adds the time to the record's. */
async function timed<T>(value: Promise<T>, exchange: Exchange, record: ExchangeRecord): Promise<T> {
  const asked = performance.now();
  try {
    return await unlessGone(value, exchange);
  } finally {
    record.authMs = (record.authMs ?? 0) + performance.now() - asked;
  }
}

/**
 * What `value` comes to, unless the client leaves first: it may be long in coming.
 * @throws {PortholeError} also the client's failure, as rejection
 */
export async function unlessGone<T>(value: Promise<T>, exchange: Exchange): Promise<T> {
  try {
    return await new Promise<T>((resolve, reject) => {
      if (exchange.failure !== undefined) reject(exchange.failure);
      exchange.onFailure = reject;
      value.then(resolve, reject);
    });
  } finally {
    exchange.onFailure = undefined;
  }
}
