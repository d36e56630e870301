// The API server without anybody between: what is there before a run, and what a run is judged by.
import { Agent, request } from 'node:https';
import type { Seen, Truth } from './journal.ts';
import { opIn } from './op.ts';

export interface Credentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

interface ConfigMap {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly data?: { readonly op?: string };
}

/** A list or an object of an answer: what of it counts here. */
export function seenIn(text: string): { revision: number | undefined; objects: Seen[] } {
  const parsed = JSON.parse(text) as {
    readonly kind?: string;
    readonly metadata?: { readonly resourceVersion?: string };
    readonly items?: readonly ConfigMap[];
  };
  if (parsed.kind === 'ConfigMap')
    return { revision: undefined, objects: [seenOf(parsed as ConfigMap)] };
  const revision = parsed.metadata?.resourceVersion;
  return {
    revision: revision === undefined ? undefined : Number(revision),
    objects: (parsed.items ?? []).map(seenOf),
  };
}

function seenOf({ metadata, data }: ConfigMap): Seen {
  const { name, resourceVersion } = metadata;
  return { name, revision: Number(resourceVersion), op: opIn(data?.op ?? '') };
}

export class Direct {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });
  readonly #where: object;

  constructor(port: number, credentials: Credentials) {
    this.#where = { host: '127.0.0.1', port, ...credentials };
  }

  /** The answer's text; rejects unless it is 2xx. */
  ask(method: string, path: string, body?: object): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', accept: 'application/json' };
      const options = { ...this.#where, agent: this.#agent, method, path, headers };
      const sent = request(options, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        answer.once('error', reject);
        answer.once('end', () => {
          const { statusCode = 0 } = answer;
          if (statusCode >= 200 && statusCode < 300) resolve(text);
          else reject(new Error(`${method} ${path}: ${statusCode} ${text}`));
        });
      });
      sent.once('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** The answer to a watch, up to the event of a revision. */
  watchUntil(path: string, revision: number): Promise<Truth> {
    return new Promise((resolve, reject) => {
      const sent = request({ ...this.#where, agent: false, path }, (answer) => {
        const ends = new Map<number, number>();
        const parts: Buffer[] = [];
        let line = '';
        let length = 0;
        answer.on('data', (part: Buffer) => {
          parts.push(part);
          const lines = (line + part.toString('latin1')).split('\n');
          line = lines.pop() ?? '';
          for (const each of lines) {
            length += each.length + 1;
            ends.set(revisionOf(each), length);
          }
          if (!ends.has(revision)) return;
          sent.destroy();
          resolve({ bytes: Buffer.concat(parts).subarray(0, length), ends });
        });
        answer.once('close', () => reject(new Error(`the API server ended its watch: ${line}`)));
        answer.on('error', () => {});
      });
      sent.once('error', reject).end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Of a line of a watch: the revision of its event. */
export function revisionOf(line: string): number {
  const { object } = JSON.parse(line) as { object: ConfigMap };
  return Number(object.metadata.resourceVersion);
}
