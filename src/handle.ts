import type { Credential, Credentials } from './credentials/credentials.ts';
import { asPortholeError, type ErrorCode, type PortholeError } from './errors.ts';
import type { Forward } from './forward/forward.ts';
import { ExchangeRecord, type Outcome } from './record/exchange-record.ts';
import type { Admit } from './server/admit.ts';
import type { Exchange } from './server/exchange.ts';
import { refuse } from './server/refuse.ts';
import { requestInfo } from './server/request-info.ts';
import { checkRules } from './server/request-rules.ts';
import { parseRequestTarget, type RequestTarget } from './server/request-target.ts';

/** What an exchange goes through. */
export interface Parts {
  readonly admit: Admit;
  readonly credentials: Credentials;
  readonly forward: Forward;
  /** Takes every record once it has ended. */
  readonly log: (record: ExchangeRecord) => void;
  /** Whom the kubeconfig or a flag impersonates, for the record. */
  readonly impersonatedUser: string | undefined;
}

/** The story of one exchange: recorded, admitted, given a credential, forwarded. Never rejects. */
export async function handle(exchange: Exchange, parts: Parts): Promise<void> {
  const record = begin(exchange, parts);
  try {
    const target = parseRequestTarget(exchange.request.target);
    describe(record, exchange, target);
    parts.admit(exchange.request, target);
    checkRules(exchange.request);
    if (exchange.failure !== undefined) throw exchange.failure;
    const credential = await credentialFor(record, exchange, parts);
    await parts.forward(exchange, credential, record);
    end(record, exchange, 'ok');
  } catch (error) {
    // Whatever came of it, a client that left has left first.
    fail(record, exchange, exchange.failure ?? asPortholeError(error));
  }
}

/** Records a request whose head could not be read: it was answered, and there never was an exchange. */
export function recordMalformed(error: PortholeError, clientAddress: string, parts: Parts): void {
  const record = new ExchangeRecord(
    {
      auditID: '',
      time: Date.now(),
      startedAt: performance.now(),
      method: '',
      path: '',
      query: '',
      clientAddress,
      userAgent: undefined,
      kubectlCommand: undefined,
    },
    parts.log,
  );
  record.status = error.status;
  record.end('refused', performance.now(), error);
}

function begin(exchange: Exchange, parts: Parts): ExchangeRecord {
  const { headers, method, target } = exchange.request;
  const mark = target.indexOf('?');
  const record = new ExchangeRecord(
    {
      auditID: headers.get('audit-id') || exchange.id,
      time: exchange.time,
      startedAt: exchange.startedAt,
      method,
      path: mark < 0 ? target : target.slice(0, mark),
      query: mark < 0 ? '' : target.slice(mark + 1),
      clientAddress: exchange.clientAddress,
      userAgent: headers.get('user-agent'),
      kubectlCommand: headers.get('kubectl-command'),
    },
    parts.log,
  );
  record.impersonatedUser = parts.impersonatedUser ?? headers.get('impersonate-user');
  return record;
}

function describe(record: ExchangeRecord, exchange: Exchange, target: RequestTarget): void {
  const info = requestInfo(exchange.request.method, target);
  exchange.longRunning = info.longRunning;
  record.verb = info.verb;
  record.apiGroup = info.apiGroup;
  record.apiVersion = info.apiVersion;
  record.resource = info.resource;
  record.subresource = info.subresource;
  record.namespace = info.namespace;
  record.name = info.name;
}

async function credentialFor(
  record: ExchangeRecord,
  exchange: Exchange,
  parts: Parts,
): Promise<Credential> {
  const asked = performance.now();
  const credential = await orFailure(parts.credentials.current(), exchange);
  record.authMs = performance.now() - asked;
  return credential;
}

/** What is waited for, unless the client leaves first: a credential may be long in coming. */
function orFailure<T>(value: T | Promise<T>, exchange: Exchange): T | Promise<T> {
  if (!(value instanceof Promise)) return value;
  return new Promise((resolve, reject) => {
    exchange.onFailure = reject;
    value.then(resolve, reject);
  });
}

function end(
  record: ExchangeRecord,
  exchange: Exchange,
  outcome: Outcome,
  error?: PortholeError,
): void {
  record.bytesIn += exchange.bytesIn;
  record.bytesOut += exchange.bytesOut;
  record.end(outcome, performance.now(), error);
}

/** The one place where an error becomes an answer, or, when one is on its way already, a cut that shows. */
function fail(record: ExchangeRecord, exchange: Exchange, error: PortholeError): void {
  const outcome = outcomeOf(error, exchange);
  const cut =
    exchange.responded || error.code === 'ERR_CLIENT_GONE' || error.code === 'ERR_SHUTTING_DOWN';
  if (cut) {
    end(record, exchange, outcome, error);
    exchange.abort();
  } else {
    record.status = error.status;
    refuse(exchange, error);
    end(record, exchange, outcome, error);
  }
}

const OF_UPSTREAM: ReadonlySet<ErrorCode> = new Set([
  'ERR_UPSTREAM_UNREACHABLE',
  'ERR_UPSTREAM_TLS',
  'ERR_UPSTREAM_MALFORMED',
  'ERR_UPSTREAM_CLOSED',
  'ERR_UPSTREAM_ABORTED',
  'ERR_UPSTREAM_TIMEOUT',
  'ERR_UPGRADE_FAILED',
]);

function outcomeOf(error: PortholeError, exchange: Exchange): Outcome {
  if (error.code === 'ERR_CLIENT_GONE') return 'client-gone';
  if (error.code === 'ERR_SHUTTING_DOWN') return 'stopped';
  if (!OF_UPSTREAM.has(error.code)) return 'refused';
  return exchange.responded ? 'upstream-aborted' : 'upstream-failed';
}
