// A porthole with a recording upstream, and what every hazard leaves behind: a porthole that serves, one record for each
// request, no secret anywhere, no socket and no timer.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { expect, onTestFinished } from 'vitest';
import type { KubeconfigFlags } from '../../src/kubeconfig/kubeconfig.ts';
import type { ProxyOptions } from '../../src/proxy.ts';
import { Canaries } from '../support/canaries.ts';
import { type KubeconfigFields, writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { eventually } from '../support/pair.ts';
import { RawClient, request } from '../support/raw-client.ts';
import {
  OK,
  type RecordingUpstream,
  type Script,
  startUpstream,
} from '../support/recording-upstream.ts';
import { speaking, type Way } from '../support/scripted-streams.ts';
import { startProxy, type TestProxy } from '../support/start-proxy.ts';
import { openRecords, type Records } from './records.ts';
import { Resources } from './resources.ts';

/** A porthole in this process, its upstream, and clients for both. */
export interface Door {
  readonly upstream: RecordingUpstream;
  readonly proxy: TestProxy;
  /** Secrets of this test: what it plants must not be in any record. */
  readonly canaries: Canaries;
  connect(): Promise<RawClient>;
  /** Sends bytes on a connection of its own and returns all that came by the time porthole closed it. */
  ask(bytes: string | Buffer): Promise<string>;
  /**
   * Asserts what every hazard must leave behind, and ends all. Called when the test has finished, unless the test did.
   * @throws what was left behind
   */
  settled(): Promise<void>;
}

export interface DoorOptions {
  readonly proxy?: Partial<ProxyOptions>;
  readonly flags?: KubeconfigFlags;
  /** Beside the usual fields; is told the upstream's port. A user of its own has no planted token. */
  readonly kubeconfig?: (port: number) => KubeconfigFields;
  /** Whether the upstream wants a client's certificate: yes, unless given. */
  readonly requestCert?: boolean;
  /** HTTP/1.1 unless given. */
  readonly way?: Way;
  /** With TLS to porthole. */
  readonly tls?: ConnectionOptions;
  /** The request that shows that it still serves, and what comes: `GET /last` and 200 unless given. */
  readonly last?: { readonly text?: string; readonly status?: number };
  /** The test ends the proxy itself, so that nobody can ask it once more. */
  readonly ends?: boolean;
  /** The upstream's answers hold the credential: clients may see it. */
  readonly echoes?: boolean;
  /** `records` for tests that move so much that logs of everything would be what they measure. */
  readonly recording?: 'everything' | 'records';
}

const LAST = '/porthole-last-request';

/** Starts an upstream that answers by script, and a porthole in front of it that records all that it can. */
export async function openDoor(script?: Script, options: DoorOptions = {}): Promise<Door> {
  const resources = new Resources();
  const canaries = new Canaries();
  const { requestCert = true, way = 'HTTP/1.1' } = options;
  const upstream = await startUpstream(
    (head, connection) => (head.includes(LAST) ? OK : (script ?? (() => OK))(head, connection)),
    { requestCert, ...speaking(way) },
  );
  const credential = new Canaries();
  const fields = options.kubeconfig?.(upstream.port);
  const kubeconfig = writeTestKubeconfig(upstream, {
    ...fields,
    user: fields?.user ?? { token: credential.plant('token') },
  });
  credential.plantText('client key', upstream.client.key.split('\n')[3] ?? '');
  const folder = mkdtempSync(join(tmpdir(), 'porthole-door-'));
  const records = openRecords(folder, options.recording === 'records', options.proxy?.apiPrefix);
  const proxy = await startProxy(
    upstream,
    { ...options.proxy, recorders: [...records.recorders, ...(options.proxy?.recorders ?? [])] },
    { kubeconfig, ...options.flags },
  );
  const clients: RawClient[] = [];
  const open: Open = {
    upstream,
    proxy,
    canaries,
    credential,
    records,
    resources,
    clients,
    options,
  };
  const connect = async (): Promise<RawClient> => {
    const client = await connectTo(open);
    clients.push(client);
    return client;
  };
  let settling: Promise<void> | undefined;
  const settled = (): Promise<void> => {
    settling ??= settle(open).finally(() => {
      rmSync(dirname(kubeconfig), { recursive: true });
      rmSync(folder, { recursive: true });
    });
    return settling;
  };
  onTestFinished(settled);
  return { upstream, proxy, canaries, connect, ask: (bytes) => ask(connect, bytes), settled };
}

/** A door with all that it has to be judged by. */
interface Open extends Pick<Door, 'upstream' | 'proxy' | 'canaries'> {
  readonly credential: Canaries;
  readonly records: Records;
  readonly resources: Resources;
  readonly clients: readonly RawClient[];
  readonly options: DoorOptions;
}

function connectTo({ proxy, options }: Open): Promise<RawClient> {
  const { tls, proxy: { address, unixSocket } = {} } = options;
  return RawClient.connect(unixSocket ?? proxy.port, {
    ...(address === undefined ? {} : { host: address }),
    ...(tls === undefined ? {} : { tls }),
  });
}

async function ask(connect: () => Promise<RawClient>, bytes: string | Buffer): Promise<string> {
  const client = await connect();
  await client.send(bytes).untilEnd();
  client.close();
  return client.received;
}

async function settle(open: Open): Promise<void> {
  const { proxy, upstream, records, resources, clients } = open;
  const { tally } = records;
  try {
    if (!open.options.ends) await serves(open);
    for (const client of clients) client.close();
    await eventually('no client is connected', () => proxy.connections.client === 0);
    await eventually('every record has ended', () => tally.open.size === 0);
    expect(upstream.requests, 'requests upstream').toBeLessThanOrEqual(tally.sent);
    // A connection that waits for more has served somebody to the end.
    const whole = tally.ended.filter(({ outcome }) => outcome === 'ok').length;
    await eventually(
      'no more than idle connections to the API server',
      () => upstream.open <= whole,
    );
    await records.close();
    judgeRecords(records);
    findCanaries(open);
  } finally {
    for (const client of clients) client.close();
    proxy.destroy();
    await records.close();
    await upstream.close();
  }
  await resources.back();
}

/** Asks once more, on a new connection. */
async function serves(open: Open): Promise<void> {
  const { text, status = 200 } = open.options.last ?? {};
  const client = await connectTo(open);
  try {
    await client
      .send(text ?? request(`GET ${LAST}`, { headers: 'Connection: close\r\n' }))
      .untilEnd();
    expect(client.statuses, 'the answer to one more request').toEqual([status]);
  } finally {
    client.close();
  }
}

/** Every request has one last word in every log; heads that could not be read have none in the audit log. */
function judgeRecords({ tally, finals }: Records): void {
  expect(new Set(tally.ended).size, 'records that ended once').toBe(tally.ended.length);
  const all = tally.ended.length;
  const read = tally.ended.filter(({ auditID }) => auditID !== '').length;
  const expected: Record<string, number> = { log: all, audit: read };
  const found = finals();
  for (const log of Object.keys(found))
    expect(found[log], `last words in the ${log}`).toBe(expected[log]);
}

/** A secret must not be in what is written, and the credential not in what clients get. */
function findCanaries({ canaries, credential, records, proxy, clients, options }: Open): void {
  const written = {
    ...records.outputs(),
    warnings: proxy.warnings.join('\n'),
    notes: proxy.notes.join('\n'),
  };
  const received = clients.map((client) => client.received.slice(0, 1_000_000)).join('\n');
  expect(
    [...canaries.find(written), ...credential.find(written)],
    'secrets that were written',
  ).toEqual([]);
  if (!options.echoes)
    expect(credential.find({ received }), 'secrets that clients got').toEqual([]);
}
