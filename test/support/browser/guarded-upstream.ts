// The command line in front of an upstream that records exact bytes, and that has something to steal.
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { onTestFinished } from 'vitest';
import { portholeWith } from '../cli.ts';
import { writeTestKubeconfig } from '../kubeconfig-file.ts';
import { RunningCommand } from '../process.ts';
import { type RecordingUpstream, startUpstream } from '../recording-upstream.ts';

/** What no other site's page may get to see. */
export const SECRET = 'the-secret-of-the-cluster';

/** A line of the log, with its fields that these tests look at. */
export interface LogLine {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly errorCode?: string;
}

export interface GuardedUpstream {
  readonly upstream: RecordingUpstream;
  /** Porthole's. */
  readonly port: number;
  /** The home folder that porthole runs with. */
  readonly home: string;
  log(): LogLine[];
  /** Paths of the requests that reached the upstream. */
  forwarded(): string[];
}

/** Starts both until the test has ended. */
export async function startGuarded(...flags: readonly string[]): Promise<GuardedUpstream> {
  const heads: string[] = [];
  const upstream = await startUpstream((head) => {
    heads.push(head);
    return answer(head);
  });
  const kubeconfig = writeTestKubeconfig(upstream);
  const [node, args, options] = portholeWith([
    `--kubeconfig=${kubeconfig}`,
    '--port=0',
    '--shutdown-grace=0s',
    ...flags,
  ]);
  const command = new RunningCommand(node, args, options);
  onTestFinished(async () => {
    await command.stop();
    rmSync(dirname(kubeconfig), { recursive: true });
    await upstream.close();
  });
  const [, port] = await command.waitFor('stdout', /^Starting to serve on 127\.0\.0\.1:(\d+)$/m);
  return {
    upstream,
    port: Number(port),
    home: options.cwd,
    log: () => command.stderr.split('\n').flatMap(parseLine),
    forwarded: () => heads.map(pathOf),
  };
}

/** Paths of the requests that porthole has logged. */
export function loggedPaths({ log }: GuardedUpstream): () => string[] {
  return () => log().map(({ path }) => path);
}

/** Lines of requests; notes have no path. The last line may have come in part. */
function parseLine(line: string): LogLine[] {
  if (!line.startsWith('{') || !line.endsWith('}')) return [];
  const entry = JSON.parse(line);
  return typeof entry.path === 'string' ? [entry] : [];
}

function pathOf(head: string): string {
  return head.split(/[ ?]/, 2)[1] ?? '';
}

/** The secret as text that also runs as a script; to a WebSocket, as its first message. */
function answer(head: string): string {
  const key = /\r\nSec-WebSocket-Key: (.*)\r\n/i.exec(head)?.[1];
  if (key !== undefined) return openWebSocket(key, head) + textFrame(SECRET);
  const body = `globalThis.stolen = '${SECRET}'`;
  return `HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** RFC 6455 section 4.2.2; of the subprotocols the first is taken. */
function openWebSocket(key: string, head: string): string {
  const accept = createHash('sha1')
    .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  const protocol = /\r\nSec-WebSocket-Protocol: ([^,\r]*)/i.exec(head)?.[1];
  const chosen = protocol === undefined ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`;
  return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n${chosen}\r\n`;
}

/** RFC 6455 section 5.2, for up to 125 bytes. */
function textFrame(text: string): string {
  return `\x81${String.fromCharCode(text.length)}${text}`;
}
