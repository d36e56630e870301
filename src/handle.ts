import { deliver, unlessGone } from './deliver.ts';
import { asPortholeError, type ErrorCode, PortholeError } from './errors.ts';
import type { Files } from './files/files.ts';
import type { Generation } from './generation.ts';
import type { Renew } from './generations.ts';
import type { RequestHead } from './http1/message.ts';
import type { ExchangeRecord, Outcome } from './record/exchange-record.ts';
import {
  begin,
  describe,
  follow,
  type Recording,
  recordAdmitted,
  type Scene,
} from './recording.ts';
import type { Cors } from './server/cors.ts';
import type { Door } from './server/door.ts';
import type { Exchange } from './server/exchange.ts';
import { answerBodiless } from './server/own-answer.ts';
import { refuse } from './server/refuse.ts';
import { checkRules } from './server/request-rules.ts';
import { parseRequestTarget, type RequestTarget } from './server/request-target.ts';
import type { Route } from './server/route.ts';

/** What an exchange goes through. */
export interface Parts extends Recording {
  /** What the configuration decides at this moment. */
  readonly generation: () => Generation;
  /** Another credential for one that the API server did not accept; undefined when there is none. Never rejects. */
  readonly renew: Renew;
  /** Who is to answer. */
  readonly route: (target: RequestTarget) => Route;
  readonly cors: Cors;
  /** Undefined where nobody has to prove anything to porthole. */
  readonly door: Door | undefined;
  /** Undefined where no files are served. */
  readonly files: Files | undefined;
}

/** The story of one exchange: recorded, admitted, answered by whom it is for. Never rejects. */
export async function handle(exchange: Exchange, parts: Parts): Promise<void> {
  const generation = parts.generation();
  const record = begin(exchange, generation, parts);
  const scene = { exchange, generation, record, parts };
  try {
    const target = parseRequestTarget(exchange.request.target);
    const route = parts.route(target);
    const info = describe(record, exchange, route.kind === 'api' ? route.target : target);
    generation.admit.caller(exchange.request);
    checkRules(exchange.request);
    exchange.answerFields = parts.cors.answerFields(exchange.request);
    const own = answerOutside(scene, route);
    if (own !== undefined) record.status = own;
    else {
      const request = parts.door?.enter(exchange.request) ?? exchange.request;
      if (route.kind === 'api') {
        generation.admit.request(request, route.target, info);
        const recorded = recordAdmitted(scene, request);
        if (recorded !== undefined) await unlessGone(recorded, exchange);
        if (exchange.failure !== undefined) throw exchange.failure;
        const outbound = { request: retarget(request, route.target), generation };
        await deliver(exchange, outbound, parts.renew, record);
      } else {
        record.status = await answerHere(scene, route);
      }
    }
    end(record, exchange, 'ok');
  } catch (error) {
    if (!record.followed) follow(scene);
    // Whatever came of it, a client that left has left first.
    fail(record, exchange, exchange.failure ?? asPortholeError(error));
  }
}

interface Act extends Scene {
  readonly parts: Parts;
}

/** Answers what comes before the door is passed; the answer's status, or undefined for all else. */
function answerOutside(scene: Act, route: Route): number | undefined {
  const { exchange, parts } = scene;
  const { cors, door } = parts;
  if (cors.isPreflight(exchange.request)) {
    follow(scene);
    return answerBodiless(exchange, 204, cors.preflightFields(exchange.request));
  }
  if (route.kind !== 'login' || door === undefined) return undefined;
  follow(scene);
  return door.login(exchange, route.target);
}

/** Answers what is not for the API server; resolves to the answer's status. */
async function answerHere(scene: Act, route: Route): Promise<number> {
  const { exchange, parts } = scene;
  follow(scene);
  if (route.kind === 'file' && parts.files !== undefined) return parts.files(exchange, route.path);
  if (route.kind === 'redirect')
    return answerBodiless(exchange, 301, `Location: ${route.location}\r\n`);
  throw new PortholeError(
    'ERR_NOT_FOUND',
    'The path is below no prefix that this proxy serves (--api-prefix, --www-prefix).',
  );
}

/** The request as the API server is to see it: without a prefix of ours. */
function retarget(request: RequestHead, { text }: RequestTarget): RequestHead {
  return request.target === text ? request : { ...request, target: text };
}

function end(
  record: ExchangeRecord,
  exchange: Exchange,
  outcome: Outcome,
  error?: PortholeError,
): void {
  record.bytesIn += exchange.bytesIn;
  record.bytesOut += exchange.bytesOut;
  exchange.trail = undefined;
  record.end(outcome, performance.now(), error);
}

/** The one place where an error becomes an answer, or, when one is on its way already, a cut that shows. */
function fail(record: ExchangeRecord, exchange: Exchange, error: PortholeError): void {
  const outcome = outcomeOf(error, exchange);
  const cut =
    exchange.responded || error.code === 'ERR_CLIENT_GONE' || error.code === 'ERR_SHUTTING_DOWN';
  if (cut) {
    record.status ??= exchange.status;
    end(record, exchange, outcome, error);
    exchange.abort();
  } else {
    record.status = error.status;
    refuse(exchange, error);
    end(record, exchange, outcome, error);
  }
}

/** Failures of who was to answer: the API server, or a file. */
const OF_ANSWER: ReadonlySet<ErrorCode> = new Set([
  'ERR_UPSTREAM_UNREACHABLE',
  'ERR_UPSTREAM_TLS',
  'ERR_UPSTREAM_MALFORMED',
  'ERR_UPSTREAM_CLOSED',
  'ERR_UPSTREAM_ABORTED',
  'ERR_UPSTREAM_TIMEOUT',
  'ERR_UPGRADE_FAILED',
  'ERR_FILE_ABORTED',
]);

function outcomeOf(error: PortholeError, exchange: Exchange): Outcome {
  if (error.code === 'ERR_CLIENT_GONE') return 'client-gone';
  if (error.code === 'ERR_SHUTTING_DOWN' || error.code === 'ERR_RETIRED') return 'stopped';
  if (!OF_ANSWER.has(error.code)) return 'refused';
  return exchange.responded ? 'upstream-aborted' : 'upstream-failed';
}
