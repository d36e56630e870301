// The real command line with an audit log, between many small requests and an API server that remembers which ones it got.
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, type RequestOptions, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AuditEvent } from './audit-event.ts';
import { emptyFolder, portholeWith } from './cli.ts';
import { writeTestKubeconfig } from './kubeconfig-file.ts';
import { eventually } from './pair.ts';
import { RunningCommand } from './process.ts';

const STARTED = /^Starting to serve on 127\.0\.0\.1:(\d+)$/m;
/** Nothing of health checks; the rest with the objects of requests, so that events can be made long. */
const POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- level: None
  nonResourceURLs: [/healthz]
- level: Metadata
  resources: [{ resources: [configmaps] }]
  omitStages: [RequestReceived]
- level: Request
`;
const DROPPED = /dropped: (\d+) log lines, (\d+) audit events/;

/** What one request came to: `200`, another status, or why there was no whole answer. */
export interface Answer {
  readonly outcome: string;
  /** Of the API server's answer. */
  readonly auditID: string | undefined;
  readonly text: string;
}

export interface AuditedUpstream {
  readonly kubeconfig: string;
  /** The Audit-IDs of the requests that it got, but for those of porthole's own. */
  readonly auditIDs: string[];
}

/** An API server in plain HTTP, which answers everything with 200 and the request's Audit-ID; ends with the test. */
export async function startAuditedUpstream(): Promise<AuditedUpstream> {
  const auditIDs: string[] = [];
  const server = createServer((asked, answer) => {
    const id = asked.headers['audit-id'] as string;
    const isOwn = asked.url?.endsWith('/selfsubjectreviews');
    if (!isOwn) auditIDs.push(id);
    answer.writeHead(isOwn ? 403 : 200, { 'content-type': 'application/json', 'audit-id': id });
    asked.resume().once('end', () => answer.end('{"kind":"Pod"}'));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const user = { 'client-certificate-data': undefined, 'client-key-data': undefined };
  const cluster = {
    server: `http://127.0.0.1:${port}`,
    'certificate-authority-data': undefined,
  };
  const nobody = { port, ca: '', client: { cert: '', key: '' } };
  const kubeconfig = writeTestKubeconfig(nobody, { cluster, user });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    rmSync(dirname(kubeconfig), { recursive: true });
  });
  return { kubeconfig, auditIDs };
}

export interface AuditedPorthole {
  readonly command: RunningCommand;
  readonly pid: number;
  readonly port: number;
  /** Sends so many POSTs, from some clients at once, each with an object that has so many characters of `padding`. */
  send(requests: number, load?: LoadShape): Promise<Answer[]>;
  /** What it says upon SIGUSR2 that it has dropped. */
  dropped(): Promise<{ lines: number; events: number }>;
}

export interface LoadShape {
  readonly clients?: number;
  readonly padding?: number;
  /** Where answers go as they come. */
  readonly answers?: Answer[];
  /** Ends it before its time. */
  readonly stopping?: AbortSignal;
}

/** Begins to start one, which ends with the test. `shell` runs before it, in its shell: `exec 2> file`. */
export function launchAudited(
  { kubeconfig }: AuditedUpstream,
  args: readonly string[],
  shell = ':',
): RunningCommand {
  const policy = join(emptyFolder(), 'policy.yaml');
  writeFileSync(policy, POLICY);
  const [node, words, options] = portholeWith([
    ...[`--kubeconfig=${kubeconfig}`, '--port=0', `--audit-policy-file=${policy}`],
    ...args,
  ]);
  const script = ['-c', `echo "pid $$" >&2; ${shell}; exec "$0" "$@"`, node, ...words];
  const command = new RunningCommand('sh', script, options);
  onTestFinished(() => void command.stop('SIGKILL'));
  return command;
}

/** The same, and waits until it serves. */
export async function startAudited(
  upstream: AuditedUpstream,
  args: readonly string[],
  shell?: string,
): Promise<AuditedPorthole> {
  const command = launchAudited(upstream, args, shell);
  const stream = args.includes('--audit-log-path=-') ? 'stderr' : 'stdout';
  const [, found] = await command.waitFor(stream, STARTED);
  const [, pid] = await command.waitFor('stderr', /^pid (\d+)$/m);
  const port = Number(found);
  return {
    command,
    pid: Number(pid),
    port,
    send: (requests, shape) => sendAll(port, requests, shape),
    async dropped() {
      const before = command.stderr.length;
      command.signal('SIGUSR2');
      await eventually('it tells how it is', () => DROPPED.test(command.stderr.slice(before)));
      const [, lines, events] = DROPPED.exec(command.stderr.slice(before)) ?? [];
      return { lines: Number(lines), events: Number(events) };
    },
  };
}

async function sendAll(
  port: number,
  requests: number,
  { clients = 16, padding = 0, answers = [], stopping }: LoadShape = {},
): Promise<Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const headers = { 'content-type': 'application/json' };
  const where = { port, path: '/api/v1/namespaces/default/pods', agent, method: 'POST', headers };
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', padding: 'x'.repeat(padding) });
  let left = requests;
  const client = async () => {
    while (left-- > 0 && !stopping?.aborted) {
      const answer = await ask(where, body);
      if (answer.outcome === 'ECONNREFUSED') break; // It is gone for good.
      answers.push(answer);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return answers;
}

/** Sends a request to this machine. Never rejects. */
export function ask(where: RequestOptions, body = ''): Promise<Answer> {
  return new Promise((resolve) => {
    const sent = request({ host: '127.0.0.1', ...where });
    const fail = (error: NodeJS.ErrnoException) =>
      resolve({ outcome: error.code ?? error.message, auditID: undefined, text: '' });
    sent.once('error', fail);
    sent.once('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.once('error', fail);
      answer.once('end', () => {
        const auditID = answer.headers['audit-id'] as string | undefined;
        resolve({ outcome: String(answer.statusCode), auditID, text });
      });
    });
    sent.end(body);
  });
}

/** How often each outcome was seen: `{ '200': 3 }`. */
export function outcomes(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of answers) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** What an audit log holds. */
export interface LogContent {
  readonly events: readonly AuditEvent[];
  /** How many events it says are missing. */
  readonly dropped: number;
  /** Lines that are no events; the last one too, if it has no end. */
  readonly broken: readonly string[];
}

export function contentOf(text: string): LogContent {
  const events: AuditEvent[] = [];
  const broken: string[] = [];
  let dropped = 0;
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) {
    try {
      const event = JSON.parse(line) as AuditEvent;
      const missing = event.annotations?.['porthole/dropped-events'];
      if (missing === undefined) events.push(event);
      else dropped += Number(missing);
    } catch {
      broken.push(line);
    }
  }
  return { events, dropped, broken };
}
