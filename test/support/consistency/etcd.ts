// What etcd itself has, by its JSON gateway: nobody between could have changed it.
import { Agent, request } from 'node:http';
import type { Seen, Write } from './journal.ts';
import { opIn } from './op.ts';

/** etcd v3's KeyValue; numbers are strings there, and zeros are left out. */
interface KeyValue {
  readonly key: string;
  readonly value?: string;
  readonly create_revision?: string;
  readonly mod_revision?: string;
}

interface WatchResponse {
  readonly result?: {
    readonly canceled?: boolean;
    readonly cancel_reason?: string;
    readonly events?: readonly { readonly type?: 'DELETE'; readonly kv: KeyValue }[];
  };
}

const folder = (namespace: string): string => `/registry/configmaps/${namespace}/`;

/** All ConfigMaps of a namespace, and the revision at which etcd said so. */
export async function contentOf(
  port: number,
  namespace: string,
): Promise<{ readonly revision: number; readonly objects: Seen[] }> {
  const text = await post(port, '/v3/kv/range', rangeOf(namespace));
  const { header, kvs = [] } = JSON.parse(text) as {
    header: { revision: string };
    kvs?: readonly KeyValue[];
  };
  return { revision: Number(header.revision), objects: kvs.map((kv) => seenOf(kv, namespace)) };
}

/** All writes of ConfigMaps of a namespace behind a revision, up to another one that is of such a write. */
export function historyOf(
  port: number,
  namespace: string,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<Write[]> {
  const order = { create_request: { ...rangeOf(namespace), start_revision: String(start + 1) } };
  const writes: Write[] = [];
  const current = new Map<string, number>();
  return new Promise((resolve, reject) => {
    const sent = request(whereOf(port, '/v3/watch'), (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        const lines = (text + part).split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) take(JSON.parse(line) as WatchResponse);
      });
      answer.once('close', () => reject(new Error('etcd ended its watch')));
    });
    sent.once('error', reject);
    sent.write(JSON.stringify(order));
    function take({ result }: WatchResponse): void {
      if (result?.canceled) reject(new Error(`etcd: ${result.cancel_reason}`));
      for (const { type, kv } of result?.events ?? []) {
        const seen = seenOf(kv, namespace);
        const before = current.get(seen.name);
        const isNew = kv.create_revision === kv.mod_revision;
        const kind = type === 'DELETE' ? 'delete' : isNew ? 'create' : 'update';
        writes.push({ ...seen, kind, before: kind === 'create' ? undefined : before });
        current.set(seen.name, seen.revision);
        if (seen.revision < end) continue;
        resolve(writes);
        sent.destroy();
      }
    }
  });
}

function rangeOf(namespace: string): { readonly key: string; readonly range_end: string } {
  const key = folder(namespace);
  // The first key behind all that begin with it: "0" follows "/".
  return { key: base64(key), range_end: base64(`${key.slice(0, -1)}0`) };
}

function seenOf({ key, value = '', mod_revision = '0' }: KeyValue, namespace: string): Seen {
  const name = Buffer.from(key, 'base64').toString().slice(folder(namespace).length);
  const op = opIn(Buffer.from(value, 'base64').toString('latin1'));
  return { name, revision: Number(mod_revision), op };
}

const agent = new Agent({ keepAlive: false });

function whereOf(port: number, path: string) {
  return { host: '127.0.0.1', port, path, method: 'POST', agent };
}

function post(port: number, path: string, body: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(whereOf(port, path), (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.once('error', reject);
      answer.once('end', () => {
        if (answer.statusCode === 200) resolve(text);
        else reject(new Error(`etcd: ${answer.statusCode} ${text}`));
      });
    });
    sent.once('error', reject).end(JSON.stringify(body));
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
