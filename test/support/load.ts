// Many clients at once: each on one keep-alive connection of its own, with the next request when the last one is answered.
import { setMaxListeners } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** One request as its client saw it. */
export interface Seen {
  readonly method: 'GET' | 'POST';
  /** Wall clock, ms since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** The status, or why there was no whole answer, or not the one to this request. */
  readonly outcome: string;
  /** By which the API server's audit log tells who it was. */
  readonly auditID: string | undefined;
}

export interface Load {
  /** What the clients have seen so far, in the order of the answers. */
  readonly seen: readonly Seen[];
  /** Lets each client finish its request. */
  stop(): Promise<readonly Seen[]>;
}

const POD = '/api/v1/namespaces/default/pods/web-0';
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** Resolves when each of the clients has sent so many requests, every other one a POST. Begins with them all at once. */
export async function burst(port: number, clients: number, requests: number): Promise<Seen[]> {
  const seen: Seen[] = [];
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      const agent = oneConnection();
      for (let n = 0; n < requests; n++)
        seen.push(await ask(port, agent, n % 2 === 0 ? '' : `c${client}-${n}`));
      agent.destroy();
    }),
  );
  return seen;
}

/** Starts clients that send a request about `everyMs` after the last answer, every other one a POST, until they are stopped. */
export function startLoad(port: number, clients: number, everyMs: number): Load {
  const seen: Seen[] = [];
  const stopping = new AbortController();
  setMaxListeners(clients, stopping.signal);
  const running = Array.from({ length: clients }, async (_, client) => {
    const agent = oneConnection();
    for (let n = 0; !stopping.signal.aborted; n++) {
      seen.push(await ask(port, agent, n % 2 === 0 ? '' : `c${client}-${n}`));
      // So that they spread out, and stay so.
      await sleep(everyMs * (0.5 + Math.random()), undefined, stopping).catch(() => {});
    }
    agent.destroy();
  });
  return {
    seen,
    async stop() {
      stopping.abort();
      await Promise.all(running);
      return seen;
    },
  };
}

/** How often each outcome was seen: `{ 'GET 200': 3 }`. */
export function tally(seen: readonly Seen[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { method, outcome } of seen) {
    const what = `${method} ${outcome}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

/** Those that did not end as they should, with the time at which they began. */
export function failures(seen: readonly Seen[]): string[] {
  return seen
    .filter(({ method, outcome }) => outcome !== (method === 'GET' ? '200' : '201'))
    .map(
      ({ method, outcome, startedAt }) =>
        `${new Date(startedAt).toISOString()} ${method} ${outcome}`,
    );
}

function oneConnection(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1 });
}

/** A POST with `mark`, which no other has, in its body, and which the answer repeats; without a mark a GET. */
function ask(port: number, agent: Agent, mark: string): Promise<Seen> {
  const method = mark === '' ? 'GET' : 'POST';
  const body = mark === '' ? '' : review(mark);
  const startedAt = Date.now();
  return new Promise((resolve) => {
    const settle = (outcome: string, auditID?: string): void =>
      resolve({ method, startedAt, endedAt: Date.now(), outcome, auditID });
    const sent = request({
      port,
      host: '127.0.0.1',
      agent,
      method,
      path: mark === '' ? POD : REVIEWS,
      headers: mark === '' ? {} : { 'content-type': 'application/json' },
    });
    sent.once('error', (error) => settle(error.message));
    sent.once('response', (answer) => {
      const auditID = answer.headers['audit-id'] as string | undefined;
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.once('error', (error) => settle(`${answer.statusCode} ${error.message}`, auditID));
      answer.once('end', () => {
        const isOwn =
          (answer.statusCode ?? 0) > 299 || text.includes(mark === '' ? '"web-0"' : `"${mark}"`);
        settle(isOwn ? String(answer.statusCode) : 'the answer to another request', auditID);
      });
    });
    sent.end(body);
  });
}

function review(mark: string): string {
  return JSON.stringify({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {
      resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods', name: mark },
    },
  });
}
