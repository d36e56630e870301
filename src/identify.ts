import type { Credential, Credentials } from './credentials/credentials.ts';
import { type Identity, identityOf, reviewedUser, UNKNOWN } from './credentials/identity.ts';
import { PortholeError } from './errors.ts';
import { provesItself } from './forward/rewrite.ts';
import type { Generation } from './generation.ts';
import { HeaderList } from './http1/header-list.ts';
import type { RequestHead } from './http1/message.ts';
import { ExchangeRecord } from './record/exchange-record.ts';
import { OwnExchange } from './server/own-exchange.ts';

/** Who the API server takes the clients for. */
export interface Identities {
  /** For a request that goes to the API server; it is asked where nobody has yet. Never rejects. */
  of(generation: Generation, request: RequestHead): Identity | Promise<Identity>;
  /** As far as it is known, for one that does not go there. */
  known(generation: Generation): Identity;
}

/** Requests wait so long for the API server's word, once, and what the credential says has to do. ms. */
const ANSWER_MS = 5_000;
/** After which a failed question is asked again. ms. */
const AGAIN_MS = 60_000;

/** Since Kubernetes 1.28, and in beta before; older ones answer 404. */
const VERSIONS = ['v1', 'v1beta1'];

/** Asks the API server once for each credential. `warn` takes a sentence when nobody knows whom one proves. */
export function createIdentities(warn: (sentence: string) => void): Identities {
  const latest = new WeakMap<Credentials, Proven>();
  const provenBy = (credential: Credential, { credentials }: Generation): Proven => {
    const last = latest.get(credentials);
    if (last !== undefined && isSame(last.credential, credential)) return last;
    const proven = new Proven(credential, warn);
    latest.set(credentials, proven);
    return proven;
  };
  const identityFor = (
    credential: Credential,
    generation: Generation,
    request: RequestHead,
  ): Identity | Promise<Identity> => {
    // kube-apiserver looks at certificates first, whatever else a client brings.
    if (credential.clientCertificate === undefined && provesItself(request)) return UNKNOWN;
    return provenBy(credential, generation).identity(generation);
  };
  return {
    of(generation, request) {
      try {
        const held = generation.credentials.current();
        if (!(held instanceof Promise)) return identityFor(held, generation, request);
        return held
          .then((credential) => identityFor(credential, generation, request))
          .catch(unknown);
      } catch {
        return UNKNOWN;
      }
    },
    known: (generation) => latest.get(generation.credentials)?.known ?? UNKNOWN,
  };
}

/** There is no credential, which the request will be told. */
function unknown(): Identity {
  return UNKNOWN;
}

function isSame(a: Credential, b: Credential): boolean {
  return a.authorization === b.authorization && a.clientCertificate === b.clientCertificate;
}

/** Whom one credential proves. */
class Proven {
  readonly credential: Credential;
  known: Identity | undefined;
  readonly #warn: (sentence: string) => void;
  #asking: Promise<Identity> | undefined;
  #againAt = Number.POSITIVE_INFINITY;

  constructor(credential: Credential, warn: (sentence: string) => void) {
    this.credential = credential;
    this.#warn = warn;
  }

  identity(generation: Generation): Identity | Promise<Identity> {
    if (this.known === undefined) return this.#ask(generation);
    if (performance.now() >= this.#againAt) void this.#ask(generation);
    return this.known;
  }

  #ask(generation: Generation): Promise<Identity> {
    this.#asking ??= this.#answer(generation).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #answer(generation: Generation): Promise<Identity> {
    this.#againAt = performance.now() + AGAIN_MS;
    const own = identityOf(this.credential);
    try {
      const user = await review(generation, this.credential);
      // A cluster that does not know the question will not learn it.
      this.#againAt = Number.POSITIVE_INFINITY;
      this.known = user === undefined ? own : { user, source: 'SelfSubjectReview' };
    } catch {
      // Whatever fails here fails the request too, which says why.
      this.known ??= own;
    }
    if (this.known.source === 'unknown') this.#warn(NOBODY);
    return this.known;
  }
}

const NOBODY =
  'neither the API server nor the credentials say who you are: records have system:unknown, and rules of an audit policy about users and groups do not hold for you';

/**
 * What the cluster says; undefined where it does not know the question, or does not allow it.
 * @throws {PortholeError} when there is no answer, as rejection
 */
async function review(generation: Generation, credential: Credential) {
  for (const version of VERSIONS) {
    const { status, body } = await ask(generation, credential, version);
    if (status === 201 || status === 200) return reviewedUser(body.toString('utf8'));
    if (status !== 404 && status !== 403)
      throw new PortholeError('ERR_UPSTREAM_MALFORMED', `SelfSubjectReview was answered ${status}`);
  }
  return undefined;
}

async function ask(generation: Generation, credential: Credential, version: string) {
  const apiVersion = `authentication.k8s.io/${version}`;
  const body = Buffer.from(JSON.stringify({ apiVersion, kind: 'SelfSubjectReview' }));
  const exchange = new OwnExchange(
    {
      method: 'POST',
      target: `/apis/${apiVersion}/selfsubjectreviews`,
      version: '1.1',
      headers: HeaderList.of(
        ...['Accept', 'application/json', 'Accept-Encoding', 'identity'],
        ...['Content-Type', 'application/json', 'Content-Length', String(body.length)],
      ),
      host: '',
      framing: { kind: 'length', length: body.length },
      upgrade: undefined,
      keepAlive: true,
    },
    body,
  );
  const timer = setTimeout(
    () => exchange.fail(new PortholeError('ERR_UPSTREAM_TIMEOUT', 'no answer')),
    ANSWER_MS,
  );
  try {
    const context = { credential, renewable: false };
    await generation.forwardAsOneself(exchange, exchange.request, context, recordOf(exchange));
    return exchange.answer;
  } finally {
    clearTimeout(timer);
  }
}

/** For those who write down how it went: nobody reads it. */
function recordOf({ id, time, startedAt, request }: OwnExchange): ExchangeRecord {
  return new ExchangeRecord(
    {
      auditID: id,
      time,
      startedAt,
      method: request.method,
      path: request.target,
      query: '',
      version: '1.1',
      clientAddress: '',
      userAgent: undefined,
      referer: undefined,
      kubectlCommand: undefined,
      kubectlSession: undefined,
    },
    () => {},
  );
}
