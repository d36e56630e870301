import type { Credential, Credentials } from './credentials/credentials.ts';
import { PortholeError } from './errors.ts';
import type { Forward } from './forward/forward.ts';
import { ExchangeRecord, type Outcome } from './record/exchange-record.ts';
import type { Admit } from './server/admit.ts';
import type { Exchange } from './server/exchange.ts';
import { refuse } from './server/refuse.ts';
import { requestInfo } from './server/request-info.ts';
import { checkRules } from './server/request-rules.ts';
import { parseRequestTarget, type RequestTarget } from './server/request-target.ts';

/** The rooms that an exchange goes through. */
export interface House {
  readonly admit: Admit;
  readonly credentials: Credentials;
  readonly forward: Forward;
  /** Takes every record once it has ended. */
  readonly log: (record: ExchangeRecord) => void;
  /** Whom the kubeconfig or a flag impersonates, for the record. */
  readonly impersonatedUser: string | undefined;
}

/** The story of one exchange: recorded, admitted, given a credential, forwarded. Never rejects. */
export async function handle(exchange: Exchange, house: House): Promise<void> {
  const record = begin(exchange, house);
  try {
    const target = parseRequestTarget(exchange.request.target);
    describe(record, exchange, target);
    house.admit(exchange.request, target);
    checkRules(exchange.request);
    if (exchange.failure !== undefined) throw exchange.failure;
    const credential = await credentialFor(record, house);
    await house.forward(exchange, credential, record);
    end(record, exchange);
  } catch (error) {
    // Whatever came of it, a client that left has left first.
    fail(record, exchange, exchange.failure ?? asPortholeError(error));
  }
}

/** Records a request whose head could not be read: it was answered, and there never was an exchange. */
export function recordMalformed(error: PortholeError, clientAddress: string, house: House): void {
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
    house.log,
  );
  record.status = error.status;
  record.end('refused', performance.now(), error);
}

function begin(exchange: Exchange, house: House): ExchangeRecord {
  const { headers, method, target } = exchange.request;
  const mark = target.indexOf('?');
  const record = new ExchangeRecord(
    {
      auditID: headers.get('audit-id') ?? exchange.id,
      time: exchange.time,
      startedAt: exchange.startedAt,
      method,
      path: mark < 0 ? target : target.slice(0, mark),
      query: mark < 0 ? '' : target.slice(mark + 1),
      clientAddress: exchange.clientAddress,
      userAgent: headers.get('user-agent'),
      kubectlCommand: headers.get('kubectl-command'),
    },
    house.log,
  );
  record.impersonatedUser = house.impersonatedUser ?? headers.get('impersonate-user');
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

async function credentialFor(record: ExchangeRecord, house: House): Promise<Credential> {
  const asked = performance.now();
  const credential = await house.credentials.current();
  record.authMs = performance.now() - asked;
  return credential;
}

function end(record: ExchangeRecord, exchange: Exchange, error?: PortholeError): void {
  record.bytesIn += exchange.bytesIn;
  record.bytesOut += exchange.bytesOut;
  record.end(error === undefined ? 'ok' : outcomeOf(error, exchange), performance.now(), error);
}

/** The one place where an error becomes an answer, or, when one is on its way already, a cut that shows. */
function fail(record: ExchangeRecord, exchange: Exchange, error: PortholeError): void {
  const cut =
    exchange.responded || error.code === 'ERR_CLIENT_GONE' || error.code === 'ERR_SHUTTING_DOWN';
  if (!cut) record.status = error.status;
  end(record, exchange, error);
  if (cut) exchange.abort();
  else refuse(exchange, error);
}

function outcomeOf(error: PortholeError, exchange: Exchange): Outcome {
  if (error.code === 'ERR_CLIENT_GONE') return 'client-gone';
  if (error.code === 'ERR_SHUTTING_DOWN') return 'stopped';
  if (!error.code.startsWith('ERR_UP')) return 'refused';
  return exchange.responded ? 'upstream-aborted' : 'upstream-failed';
}

/** A defect of ours ends one exchange, not the process. Only its place is told: its message may quote anything. */
function asPortholeError(error: unknown): PortholeError {
  if (error instanceof PortholeError) return error;
  const place = error instanceof Error ? /\n\s+at (.*)/.exec(error.stack ?? '')?.[1] : undefined;
  return new PortholeError(
    'ERR_INTERNAL',
    `a defect of porthole's own at ${place ?? 'an unknown place'}`,
    {
      cause: error,
    },
  );
}
