import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { mintAuthority } from '../../certs/mint.ts';
import type { Recorder } from '../../src/record/recorder.ts';
import { emptyFolder } from '../support/cli.ts';
import { eventually, startPair } from '../support/pair.ts';
import { execCredential, prints, V1, writePlugin } from '../support/plugin.ts';
import { request } from '../support/raw-client.ts';
import { OK, type Script } from '../support/recording-upstream.ts';

const QUESTION = /POST \/apis\/authentication\.k8s\.io\/(\w+)\/selfsubjectreviews HTTP/;

function json(status: string, value: unknown): string {
  const body = JSON.stringify(value);
  return `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

const ALICE = json('201 Created', {
  kind: 'SelfSubjectReview',
  status: { userInfo: { username: 'alice@example', uid: 'u-1', groups: ['dev'] } },
});
const CAROL = mintAuthority({ commonName: 'test' }).issueClient({ commonName: 'carol' });
const GET = request('GET /api/v1/pods', { headers: 'Connection: close\r\n' });

/** An upstream that answers the question with `answer`, and a proxy that wants to know. */
function setup(answer: Script | string, flags = {}) {
  const script: Script = (head, connection) => {
    if (!QUESTION.test(head)) return OK;
    return typeof answer === 'string' ? answer : answer(head, connection);
  };
  return startPair(script, { identify: true }, flags);
}

/** Lets the proxy's clock jump ahead, for one test. */
function clock(): (ms: number) => void {
  const now = performance.now.bind(performance);
  let ahead = 0;
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => now() + ahead);
  onTestFinished(() => spy.mockRestore());
  return (ms) => {
    ahead += ms;
  };
}

function questions(bytes: string): string[] {
  return [...bytes.matchAll(new RegExp(QUESTION, 'g'))].map(([, version = '']) => version);
}

describe('who we are', () => {
  it('is asked once, for all who come meanwhile and later', async () => {
    const { ask, proxy, upstream } = await setup(ALICE);
    await Promise.all([ask(GET), ask(GET), ask(GET)]);
    await ask(GET);
    const records = await proxy.recorded(4);
    for (const { identity } of records)
      expect(identity).toEqual({
        user: { username: 'alice@example', uid: 'u-1', groups: ['dev'], extra: undefined },
        source: 'SelfSubjectReview',
      });
    expect(questions(upstream.bytes)).toEqual(['v1']);
  });

  it('is read in chunks too', async () => {
    const [head = '', body = ''] = ALICE.split('\r\n\r\n');
    const chunked = head.replace(/Content-Length: \d+/, 'Transfer-Encoding: chunked');
    const { ask, proxy } = await setup(
      `${chunked}\r\n\r\n5\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)}\r\n${body.slice(5)}\r\n0\r\n\r\n`,
    );
    await ask(GET);
    const [record] = await proxy.recorded(1);
    expect(record?.identity?.user.username).toBe('alice@example');
  });

  it.each([
    ['know the question', '404 Not Found'],
    ['allow it', '403 Forbidden'],
  ])(
    'is what the certificate says where the cluster does not %s, once and for all',
    async (_, status) => {
      const { ask, proxy, upstream } = await setup(json(status, { kind: 'Status' }));
      const later = clock();
      await ask(GET);
      later(61_000);
      await ask(GET);
      await ask(GET);
      const [record] = await proxy.recorded(3);
      expect(record?.identity).toEqual({
        user: { username: 'alice', groups: ['system:masters', 'system:authenticated'] },
        source: 'client certificate',
      });
      expect(questions(upstream.bytes)).toEqual(['v1', 'v1beta1']);
    },
  );

  it.each([
    ['fails', json('500 Internal Server Error', {})],
    ['is cut', 'HTTP/1.1 201 Created\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{'],
    ['is no review', json('201 Created', { status: 'Success' })],
    [
      'is too long',
      `HTTP/1.1 201 Created\r\nContent-Length: ${2 ** 21}\r\n\r\n${ALICE.split('\r\n\r\n')[1]?.padStart(2 ** 21)}`,
    ],
  ])('is what the certificate says when the answer %s', async (_, answer) => {
    const { ask, proxy } = await setup((_head, { socket }) => {
      if (!answer.includes('close')) return answer;
      socket.end(answer);
      return undefined;
    });
    expect(await ask(GET)).toContain('200 OK');
    const [record] = await proxy.recorded(1);
    expect(record?.identity?.source).toBe('client certificate');
  });

  it('is asked again a minute after that failed, while requests go on', async () => {
    let answer: string | undefined = json('500 Internal Server Error', {});
    const { ask, proxy, upstream } = await setup(() => answer);
    const later = clock();
    await ask(GET);
    await ask(GET);
    expect(questions(upstream.bytes)).toHaveLength(1);
    later(61_000);
    answer = undefined;
    expect(await ask(GET)).toContain('200 OK');
    expect(questions(upstream.bytes)).toHaveLength(2);
    const records = await proxy.recorded(3);
    expect(new Set(records.map(({ identity }) => identity?.source))).toEqual(
      new Set(['client certificate']),
    );
  });

  it('is asked of ourselves, whomever we impersonate', async () => {
    const { ask, proxy, upstream } = await setup(ALICE, { as: 'bob', asGroup: ['ops'] });
    await ask(GET);
    const [record] = await proxy.recorded(1);
    expect(record?.identity?.user.username).toBe('alice@example');
    expect(record?.impersonated).toMatchObject({
      username: 'bob',
      groups: ['ops', 'system:authenticated'],
    });
    expect(upstream.bytes.match(/Impersonate-User: bob/g)).toHaveLength(1);
  });

  it('is not asked for requests that are refused', async () => {
    const { ask, proxy, upstream } = await setup(ALICE);
    const headers = 'Connection: close\r\n';
    await ask(request('GET /api', { host: 'evil.example', headers }));
    const [refused] = await proxy.recorded(1);
    expect(refused?.identity?.source).toBe('unknown');
    expect(upstream.requests).toBe(0);
  });

  it('is not known of a client that brings a token of its own, unless a certificate comes first', async () => {
    const own = request('GET /api', {
      headers: 'Authorization: Bearer x\r\nConnection: close\r\n',
    });
    const certified = await setup(ALICE);
    await certified.ask(own);
    const [first] = await certified.proxy.recorded(1);
    expect(first?.identity?.user.username).toBe('alice@example');
    const fields = { 'client-certificate-data': undefined, 'client-key-data': undefined };
    const kubeconfig = () => ({ user: { ...fields, token: 'ours' } });
    const { ask, proxy, upstream } = await startPair(
      () => OK,
      { identify: true },
      {},
      { requestCert: false, kubeconfig },
    );
    await ask(own);
    const [second] = await proxy.recorded(1);
    expect(second?.identity?.user.username).toBe('system:unknown');
    expect(questions(upstream.bytes)).toEqual([]);
  });

  it('is asked anew of a credential that has changed, and told when nobody knows', async () => {
    const file = join(emptyFolder(), 'token');
    writeFileSync(file, 'alice');
    const fields = { 'client-certificate-data': undefined, 'client-key-data': undefined };
    const kubeconfig = () => ({ user: { ...fields, tokenFile: file } });
    const { ask, proxy } = await startPair(
      (head) => {
        if (!QUESTION.test(head)) return OK;
        return head.includes('Bearer alice') ? ALICE : json('404 Not Found', {});
      },
      { identify: true },
      {},
      { requestCert: false, kubeconfig },
    );
    await ask(GET);
    writeFileSync(file, 'mallory');
    await proxy.reload();
    await ask(GET);
    const records = await proxy.recorded(2);
    expect(records.map(({ identity }) => identity?.user.username)).toEqual([
      'alice@example',
      'system:unknown',
    ]);
    expect(proxy.warnings).toEqual([expect.stringContaining('say who you are')]);
  });

  it("is the owner of a plugin's certificate for them, too", async () => {
    const status = { clientCertificateData: CAROL.cert, clientKeyData: CAROL.key };
    const { command } = writePlugin(prints(execCredential(status)));
    const exec = { apiVersion: V1, command, interactiveMode: 'Never' };
    const fields = { 'client-certificate-data': undefined, 'client-key-data': undefined };
    const kubeconfig = () => ({ user: { ...fields, exec } });
    const { ask, proxy } = await startPair(
      (head) => (QUESTION.test(head) ? ALICE : OK),
      { identify: true },
      {},
      { requestCert: false, kubeconfig },
    );
    await ask(GET);
    await ask(request('GET /api', { headers: 'Authorization: Bearer x\r\nConnection: close\r\n' }));
    const [, own] = await proxy.recorded(2);
    expect(own?.identity?.user.username).toBe('alice@example');
  });

  it('is not asked where nobody wants to know', async () => {
    const { ask, proxy, upstream } = await startPair();
    await ask(GET);
    const [record] = await proxy.recorded(1);
    expect(record?.identity).toBeUndefined();
    expect(upstream.requests).toBe(1);
  });

  it('keeps nobody waiting who has left, and tells recorders of them once', async () => {
    let answer = (): void => {};
    const begun: string[] = [];
    const recorder: Recorder = {
      begin({ path }) {
        begun.push(path);
        return undefined;
      },
    };
    const script: Script = (head, { socket }) => {
      if (!QUESTION.test(head)) return OK;
      answer = () => void socket.write(ALICE);
      return undefined;
    };
    const { ask, connect, proxy, upstream } = await startPair(script, {
      identify: true,
      recorders: [recorder],
    });
    const client = await connect();
    client.send(GET);
    await eventually('the question has come', () => questions(upstream.bytes).length === 1);
    client.close();
    const [record] = await proxy.recorded(1);
    expect(record?.outcome).toBe('client-gone');
    const next = ask(request('GET /version', { headers: 'Connection: close\r\n' }));
    answer();
    expect(await next).toContain('200 OK');
    expect(begun).toEqual(['/api/v1/pods', '/version']);
  });
});
