import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ProxyOptions } from '../../src/proxy.ts';
import { type AuditLogOptions, createAuditLog } from '../../src/record/audit/audit-log.ts';
import type { Decision, Level } from '../../src/record/audit/policy/policy.ts';
import { openSink } from '../../src/record/sink/open-sink.ts';
import type { AuditEvent } from '../support/audit-event.ts';
import { emptyFolder } from '../support/cli.ts';
import { eventually, type PairSetup, startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import { OK, type Script } from '../support/recording-upstream.ts';
import { switchTo, upgradeTo } from '../support/tunnel.ts';

/** Of every request, at every stage. */
const METADATA: Decision = { level: 'Metadata', omitStages: new Set(), omitManagedFields: false };

const CLOSE = 'Connection: close\r\n';
const JSON_BODY = 'Content-Type: application/json\r\n';

interface Differing {
  readonly log?: Partial<AuditLogOptions>;
  readonly proxy?: Partial<ProxyOptions>;
  readonly pair?: PairSetup;
  readonly file?: string;
}

/** An upstream behind a proxy with an audit log in a file. */
async function audited(script?: Script, { log, proxy, pair, file }: Differing = {}) {
  const path = file ?? join(emptyFolder(), 'audit.log');
  const sink = openSink({ file: path, isPrivate: true, writeThroughMs: 300, closeMs: 300 });
  const audit = createAuditLog({
    sink,
    format: 'json',
    decide: () => METADATA,
    strict: false,
    maxBodyBytes: 256 * 1024,
    budget: { left: 64 * 1024 * 1024 },
    recordSecrets: false,
    apiPrefix: '/',
    readYaml: undefined,
    ...log,
  });
  const opened = await startPair(script, { recorders: [audit], ...proxy }, {}, pair);
  /** All events, once `count` exchanges have ended. */
  const events = async (count: number): Promise<AuditEvent[]> => {
    await opened.proxy.recorded(count);
    await audit.close();
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as AuditEvent);
  };
  return { ...opened, audit, events };
}

function everythingAt(level: Level) {
  const decision = { level, omitStages: new Set<never>(), omitManagedFields: false };
  return { decide: () => decision };
}

function answer(body: string | Buffer, fields = JSON_BODY, status = '200 OK'): string {
  const bytes = Buffer.from(body);
  return `HTTP/1.1 ${status}\r\n${fields}Content-Length: ${bytes.length}\r\n\r\n${bytes.toString('latin1')}`;
}

const ENDS: [string, { script?: Script; text: string; code: number; outcome?: string }][] = [
  ['that was answered', { text: request('GET /api/v1/pods', { headers: CLOSE }), code: 200 }],
  [
    'that porthole refused',
    { text: request('TRACE /api/v1/pods', { headers: CLOSE }), code: 405, outcome: 'refused' },
  ],
  [
    'whose target could not be read',
    { text: request('GET /a/../b', { headers: CLOSE }), code: 400, outcome: 'refused' },
  ],
  [
    'for a host that is not ours',
    { text: request('GET /api', { host: 'evil', headers: CLOSE }), code: 403, outcome: 'refused' },
  ],
  [
    'that the API server did not answer',
    {
      script: (_, connection) => void connection.socket.destroy(),
      ...{ text: request('POST /api/v1/pods', { headers: CLOSE }), code: 502 },
      outcome: 'upstream-failed',
    },
  ],
  [
    'whose answer broke off',
    {
      script: (_, connection) => {
        connection.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
        return undefined;
      },
      ...{ text: request('POST /api/v1/pods', { headers: CLOSE }), code: 200 },
      outcome: 'upstream-aborted',
    },
  ],
];

describe('an exchange has one last event', () => {
  it.each(ENDS)('%s', async (_, { script, text, code, outcome }) => {
    const { ask, events } = await audited(script);
    await ask(text);
    const all = await events(1);
    expect(all.map(({ stage }) => stage)).toEqual(['RequestReceived', 'ResponseComplete']);
    expect(new Set(all.map(({ auditID }) => auditID)).size).toBe(1);
    expect(all[1]?.responseStatus.code).toBe(code);
    expect(all[1]?.annotations['porthole/outcome']).toBe(outcome);
  });

  it('whose client left before there was an answer', async () => {
    const { connect, upstream, events } = await audited(() => undefined);
    const client = await connect();
    client.send(request('GET /api/v1/pods'));
    await eventually('the request is upstream', () => upstream.requests === 1);
    client.reset();
    const all = await events(1);
    expect(all.map(({ stage }) => stage)).toEqual(['RequestReceived', 'ResponseComplete']);
    expect(all[1]?.annotations['porthole/outcome']).toBe('client-gone');
  });

  it('that was cut by a shutdown', async () => {
    const { connect, proxy, events } = await audited(
      () => 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const client = await connect();
    await client.send(request('GET /api/v1/pods?watch=1')).untilText('\r\n\r\n');
    await proxy.close(0);
    const all = await events(1);
    expect(all.map(({ stage, responseStatus }) => [stage, responseStatus?.code])).toEqual([
      ['RequestReceived', undefined],
      ['ResponseStarted', 200],
      ['ResponseComplete', 200],
    ]);
    expect(all[2]?.annotations['porthole/outcome']).toBe('stopped');
  });

  it('after a tunnel, whose opening is told when it opens', async () => {
    const { connect, upstream, events } = await audited((_, connection) => {
      connection.halfOpen = true;
      return switchTo('SPDY/3.1');
    });
    const client = await connect();
    await client.send(upgradeTo('SPDY/3.1')).untilText('\r\n\r\n');
    client.socket.end();
    upstream.connections[0]?.socket.end();
    const all = await events(1);
    expect(all.map(({ stage, responseStatus }) => [stage, responseStatus?.code])).toEqual([
      ['RequestReceived', undefined],
      ['ResponseStarted', 101],
      ['ResponseComplete', 101],
    ]);
  });
});

describe('the events of a request', () => {
  it('carry the Audit-ID that the API server gets', async () => {
    const { ask, upstream, events } = await audited();
    await ask(request('GET /api/v1/pods', { headers: CLOSE }));
    await ask(request('GET /api/v1/pods', { headers: `Audit-ID: mine\r\n${CLOSE}` }));
    const sent = [...upstream.bytes.matchAll(/\r\nAudit-ID: (\S+)\r\n/gi)].map(([, id]) => id);
    const ids = (await events(2)).map(({ auditID }) => auditID);
    expect(sent[1]).toBe('mine');
    expect(ids).toEqual([sent[0], sent[0], 'mine', 'mine']);
  });

  it('carry both objects as they passed, chunked or compressed', async () => {
    const pod = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'web-0', uid: 'u-1' } };
    const text = JSON.stringify(pod);
    const gzip = gzipSync(text);
    const { ask, events } = await audited(
      () => answer(gzip, `${JSON_BODY}Content-Encoding: gzip\r\n`, '201 Created'),
      { log: everythingAt('RequestResponse') },
    );
    const half = text.length >> 1;
    const chunks = [text.slice(0, half), text.slice(half), ''];
    const body = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
    const headers = `${JSON_BODY}Transfer-Encoding: chunked\r\n${CLOSE}`;
    await ask(request('POST /api/v1/namespaces/default/pods', { headers, body }));
    const [first, last] = await events(1);
    expect(first).not.toHaveProperty('requestObject');
    expect(first?.objectRef).not.toHaveProperty('name');
    expect(last).toMatchObject({ requestObject: pod, responseObject: pod });
    expect(last?.objectRef).toMatchObject({ name: 'web-0', uid: 'u-1' });
    expect(last?.responseStatus).toEqual({ metadata: {}, code: 201 });
  });

  it("say what the API server's Status says, and porthole's own", async () => {
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' };
    const failure = { ...status, message: 'no such pod', reason: 'NotFound', code: 404 };
    const { ask, events } = await audited(() =>
      answer(JSON.stringify(failure), JSON_BODY, '404 Not Found'),
    );
    await ask(request('GET /api/v1/namespaces/a/pods/b', { headers: CLOSE }));
    await ask(request('GET /api/v1/namespaces/a/pods/b/exec', { headers: CLOSE }));
    const all = await events(2);
    expect(all[1]?.responseStatus).toMatchObject({ message: 'no such pod', code: 404 });
    expect(all.at(-1)).toMatchObject({
      responseStatus: { status: 'Failure', reason: 'Forbidden', code: 403 },
      annotations: { 'porthole/error': 'ERR_PATH_REFUSED', 'porthole/outcome': 'refused' },
    });
  });
});

describe('in strict mode', () => {
  it('nothing is forwarded that could not be recorded', async () => {
    const { ask, upstream, audit, proxy } = await audited(() => OK, {
      log: { strict: true },
      file: '/dev/full',
    });
    const answer = await ask(request('POST /api/v1/pods', { headers: CLOSE }));
    expect(answer).toMatch(/^HTTP\/1\.1 500 /);
    expect(answer).toContain('"reason":"InternalError"');
    const [record] = await proxy.recorded(1);
    expect(record).toMatchObject({ outcome: 'refused', errorCode: 'ERR_AUDIT' });
    await audit.close();
    expect(upstream.requests).toBe(0);
  });

  it('what is forwarded is recorded before', async () => {
    const file = join(emptyFolder(), 'audit.log');
    let recorded = '';
    const { ask, events } = await audited(
      () => {
        recorded = readFileSync(file, 'utf8');
        return OK;
      },
      { log: { strict: true }, file },
    );
    await ask(request('GET /api/v1/pods', { headers: CLOSE }));
    expect(JSON.parse(recorded)).toMatchObject({ stage: 'RequestReceived', verb: 'list' });
    expect((await events(1)).map(({ stage }) => stage)).toEqual([
      'RequestReceived',
      'ResponseComplete',
    ]);
  });
});
