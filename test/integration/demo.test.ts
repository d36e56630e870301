import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, type AgentOptions } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import { startDemo } from '../../src/demo/demo.ts';
import { startDemoServer } from '../../src/demo/server.ts';
import {
  type CallOptions,
  identity,
  open,
  serverTls,
  startDemoForTest,
  textOf,
} from '../support/demo-client.ts';

const PODS = '/api/v1/namespaces/project1/pods';
const pod = (name: string, more: object = {}) => ({ metadata: { name }, ...more });

let demo: Awaited<ReturnType<typeof startDemoForTest>>;
beforeAll(async () => {
  demo = await startDemoForTest();
});
afterAll(() => demo.server.close());

const call = (line: string, options?: CallOptions) => demo.call(line, options);

/** The events of a watch, one by one as they come. */
async function watching(target: string) {
  const response = await open(`${demo.server.url}${target}`);
  const lines = createInterface({ input: response })[Symbol.asyncIterator]();
  const next = async () => {
    const { value } = await lines.next();
    const { type, object } = JSON.parse(value);
    return `${type} ${object.metadata.name}`;
  };
  return { response, lines, next };
}

describe('who may connect', () => {
  const nobody = { ca: serverTls.ca };
  const strangers = mintAuthority({ commonName: 'other-ca' });
  const stranger = { ca: serverTls.ca, ...strangers.issueClient({ commonName: 'tester' }) };

  it.each([
    ['no certificate', nobody],
    ['a certificate of another authority', stranger],
  ])('refuses %s in the handshake', async (_, tls) => {
    await expect(open(`${demo.server.url}/version`, { tls })).rejects.toThrow();
  });

  it('takes a token in place of a certificate where one is set, and nothing else', async () => {
    const server = await startDemoServer({ tls: serverTls, token: 'sesame' });
    const codeFor = async (tls: AgentOptions, authorization = '') => {
      const response = await open(`${server.url}/version`, { tls, headers: { authorization } });
      await textOf(response);
      return response.statusCode;
    };
    expect(await codeFor(nobody, 'Bearer sesame')).toBe(200);
    expect(await codeFor(identity)).toBe(200);
    expect(await codeFor(nobody)).toBe(401);
    expect(await codeFor(nobody, 'Bearer other')).toBe(401);
    expect(await codeFor(stranger)).toBe(401);
    await server.close();
  });
});

describe('what the server says of itself', () => {
  it.each(['livez', 'readyz', 'healthz'])('/%s, in a word and check by check', async (name) => {
    const type = 'text/plain; charset=utf-8';
    expect(await call(`GET /${name}`)).toEqual({ code: 200, type, body: 'ok' });
    const body = `[+]ping ok\n[+]store ok\n${name} check passed\n`;
    expect(await call(`GET /${name}?verbose`)).toEqual({ code: 200, type, body });
  });

  it('answers at every path that / lists', async () => {
    const { body } = await call('GET /');
    expect(body.paths).toEqual(expect.arrayContaining(['/api', '/apis/apps/v1', '/version']));
    for (const listed of body.paths) expect((await call(`GET ${listed}`)).code).toBe(200);
  });

  it('lists its resources for discovery', async () => {
    const { body } = await call('GET /api/v1');
    expect(body).toMatchObject({ kind: 'APIResourceList', groupVersion: 'v1' });
    expect(body.resources).toContainEqual({
      name: 'pods',
      singularName: 'pod',
      kind: 'Pod',
      shortNames: ['po'],
      categories: ['all'],
      namespaced: true,
      verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
    });
  });

  it("keeps the client's Audit-ID", async () => {
    const headers = { 'Audit-ID': 'abc' };
    const response = await open(`${demo.server.url}/version`, { headers });
    response.resume();
    expect(response.headers['audit-id']).toBe('abc');
  });
});

describe('watching', () => {
  it('tells what exists, then each change as it happens', async () => {
    const { next, response } = await watching('/api/v1/namespaces/default/pods?watch=true');
    expect(await next()).toBe('ADDED hello');
    const pods = '/api/v1/namespaces/default/pods';
    await call(`POST ${pods}`, { body: pod('seen') });
    expect(await next()).toBe('ADDED seen');
    await call(`POST ${PODS}`, { body: pod('elsewhere') });
    await call(`PUT ${pods}/seen`, { body: pod('seen') });
    expect(await next()).toBe('MODIFIED seen');
    await call(`DELETE ${pods}/seen`);
    expect(await next()).toBe('DELETED seen');
    response.destroy();
  });

  it('goes on from a resource version, and begins and ends with the selector', async () => {
    const maps = '/api/v1/namespaces/default/configmaps';
    const { metadata } = (await call(`GET ${maps}`)).body;
    const labelled = (app: string) => ({ metadata: { name: 'm', labels: { app } } });
    await call(`POST ${maps}`, { body: labelled('no') });
    await call(`PUT ${maps}/m`, { body: labelled('yes') });
    const query = `watch=1&labelSelector=app%3Dyes&resourceVersion=${metadata.resourceVersion}`;
    const { next, response } = await watching(`${maps}?${query}`);
    expect(await next()).toBe('ADDED m');
    await call(`PUT ${maps}/m`, { body: labelled('no') });
    expect(await next()).toBe('DELETED m');
    response.destroy();
  });

  it('ends cleanly after timeoutSeconds', async () => {
    const { response, lines } = await watching(
      '/api/v1/services?watch=1&timeoutSeconds=1&resourceVersion=9',
    );
    expect(response.headers['transfer-encoding']).toBe('chunked');
    for await (const line of { [Symbol.asyncIterator]: () => lines })
      expect(line).toContain('ADDED');
    expect(response.complete).toBe(true);
  });

  it('reports a forgotten resource version as an event', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await call(`POST ${PODS}`, { body: pod('busy') });
    for (let count = 0; count < 1001; count += 1) {
      await call(`PUT ${PODS}/busy`, { body: pod('busy'), agent });
    }
    agent.destroy();
    const response = await open(`${demo.server.url}${PODS}?watch=1&resourceVersion=1`);
    const event = { type: 'ERROR', object: { code: 410, reason: 'Expired' } };
    expect(JSON.parse(await textOf(response))).toMatchObject(event);
  });
});

describe('closing', () => {
  it('cuts watches, idle connections and unfinished handshakes', async () => {
    const server = await startDemoServer({ tls: serverTls });
    const response = await open(`${server.url}/api/v1/pods?watch=1`);
    const silent = connect(server.port, '127.0.0.1');
    silent.on('error', () => {});
    await once(silent, 'connect');
    const cut = expect(textOf(response)).rejects.toThrow('aborted');
    const silenced = once(silent, 'close');
    await server.close();
    await Promise.all([cut, silenced]);
  });
});

describe('startDemo', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'porthole-demo-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('leads by its kubeconfig to the server, with the same authority at every start', async () => {
    const read = (name: string) => readFile(path.join(directory, name), 'utf8');
    const first = await startDemo({ directory });
    await first.server.close();
    const ca = await read('ca.pem');
    const { kubeconfig, server } = await startDemo({ directory });
    expect(kubeconfig).toBe(path.join(directory, 'kubeconfig'));
    expect(await read('kubeconfig')).toContain(`server: ${server.url}\n`);
    expect(await read('ca.pem')).toBe(ca);
    const tls = { ca, cert: await read('client.pem'), key: await read('client-key.pem') };
    const response = await open(`${server.url}/livez`, { tls });
    expect(await textOf(response)).toBe('ok');
    await server.close();
  });

  it('says which directory it can not write to', async () => {
    const file = path.join(directory, 'file');
    await writeFile(file, '');
    await expect(startDemo({ directory: file })).rejects.toMatchObject({
      code: 'ERR_KUBECONFIG',
      message: expect.stringContaining(file),
    });
  });

  it('says which port is taken', async () => {
    await expect(startDemo({ directory, port: demo.server.port })).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: expect.stringContaining(`127.0.0.1:${demo.server.port}`),
    });
  });
});
