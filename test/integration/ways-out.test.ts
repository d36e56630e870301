import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import { brokenError } from '../../src/upstream/dial.ts';
import type { Route } from '../../src/upstream/route.ts';
import { connectProxy, socks5Proxy, startForwardProxy } from '../support/forward-proxy.ts';
import { portOf } from '../support/in-front.ts';
import type { KubeconfigFields } from '../support/kubeconfig-file.ts';
import { eventually, startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';
import { WAYS } from '../support/scripted-streams.ts';
import {
  ask,
  failure,
  firstOf,
  LOGIN,
  ofProxy,
  open,
  proxyAuthority,
  routeTo,
  tlsUpstream,
  trusting,
} from '../support/ways-out.ts';

const SCHEMES = [
  ['http', connectProxy, undefined],
  ['https', connectProxy, ofProxy],
  ['socks5', socks5Proxy, undefined],
] as const;

describe.each(SCHEMES)('through a proxy of %s', (scheme, script, certificate) => {
  it('a request reaches an API server with TLS, under the name that it is asked for', async () => {
    const upstream = await tlsUpstream();
    const proxy = await startForwardProxy(script(upstream.port), certificate);
    // Nobody but the proxy knows where that name leads.
    const route = routeTo('https://api.example:6443', `${scheme}://localhost:${proxy.port}`);
    const tls = { ...trusting(upstream.ca), serverName: 'localhost' };
    const socket = await open({ ...route, tls } as Route);
    expect(await ask(socket, 'ok')).toBe(OK);
    expect(upstream.connections[0]?.tls.servername).toBe('localhost');
    expect(proxy.connections).toHaveLength(1);
  });

  it('and one without', async () => {
    const upstream = createServer((_, response) => response.end('plain'));
    const port = await portOf(upstream);
    const proxy = await startForwardProxy(script(port), certificate);
    const route = routeTo('http://api.example', `${scheme}://127.0.0.1:${proxy.port}`);
    expect(await ask(await open(route), 'plain')).toContain('HTTP/1.1 200 OK');
    expect(proxy.connections).toHaveLength(1);
  });

  it("the API server's certificate is verified all the same", async () => {
    const upstream = await tlsUpstream();
    const proxy = await startForwardProxy(script(upstream.port), certificate);
    const proxyUrl = `${scheme}://localhost:${proxy.port}`;
    const misnamed = routeTo('https://api.example', proxyUrl, { tls: trusting(upstream.ca) });
    expect(await failure(misnamed)).toMatchObject({
      code: 'ERR_UPSTREAM_TLS',
      message: expect.stringMatching(
        /^cannot reach the API server at api\.example through the proxy localhost:\d+: its certificate is for other names .*tls-server-name/,
      ),
    });
    const foreign = routeTo('https://localhost', proxyUrl, { tls: trusting(proxyAuthority.pem) });
    expect(await failure(foreign)).toMatchObject({ code: 'ERR_UPSTREAM_TLS' });
    for (const { closed } of proxy.connections) await closed;
  });

  it('a proxy that dies ends the connection', async () => {
    const upstream = await tlsUpstream();
    const proxy = await startForwardProxy(script(upstream.port), certificate);
    const route = routeTo('https://localhost', `${scheme}://localhost:${proxy.port}`, {
      tls: trusting(upstream.ca),
    });
    const socket = await open(route);
    await ask(socket, 'ok');
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    proxy.connections[0]?.socket.destroy();
    socket.on('end', () => socket.destroy());
    await closed;
  });

  it('a connection that is closed here is closed there', async () => {
    const upstream = await tlsUpstream();
    const proxy = await startForwardProxy(script(upstream.port), certificate);
    const route = routeTo('https://localhost', `${scheme}://localhost:${proxy.port}`, {
      tls: trusting(upstream.ca),
    });
    const socket = await open(route);
    socket.destroy();
    await (await firstOf(proxy)).closed;
  });

  it('nothing listens there: it is the proxy that can not be reached', async () => {
    const gone = createServer();
    const port = await portOf(gone);
    gone.close();
    await once(gone, 'close');
    expect(
      await failure(routeTo('https://c', `${scheme}://${LOGIN}127.0.0.1:${port}`)),
    ).toMatchObject({
      code: 'ERR_UPSTREAM_UNREACHABLE',
      message: `cannot reach the proxy 127.0.0.1:${port} on the way to the API server at c: connection refused; is it running, and is this the right host and port?`,
    });
  });

  it('it says nothing: the dial times out, and the connection is closed', async () => {
    const proxy = await startForwardProxy(() => {}, certificate);
    const timeouts = { dial: 100, tls: 10_000 };
    const route = routeTo('https://c', `${scheme}://localhost:${proxy.port}`, { timeouts });
    expect(await failure(route)).toMatchObject({
      code: 'ERR_UPSTREAM_TIMEOUT',
      message: `cannot reach the API server at c through the proxy localhost:${proxy.port}: the proxy did not open the way in time`,
    });
    await (await firstOf(proxy)).closed;
  });
});

describe.each([
  ['http', connectProxy],
  ['socks5', socks5Proxy],
] as const)('through a proxy of %s a watch', (scheme, script) => {
  const BEGUN = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

  it.each(WAYS)(
    'by %s brings what it brings, and is cut visibly when the proxy dies',
    async (way) => {
      const state = { port: 0 };
      const proxy = await startForwardProxy((client) => script(state.port)(client));
      const kubeconfig = (port: number): KubeconfigFields => {
        state.port = port;
        return { cluster: { 'proxy-url': `${scheme}://127.0.0.1:${proxy.port}` } };
      };
      const pair = await startPair(() => BEGUN, {}, {}, { way, kubeconfig });
      const clients = [await pair.connect(), await pair.connect()];
      for (const client of clients)
        await client.send(request('GET /api/v1/pods?watch=1')).untilText(BEGUN);
      for (const { socket } of pair.upstream.connections) socket.write('5\r\nevent\r\n');
      for (const client of clients) await client.untilText('event');
      expect(proxy.connections).toHaveLength(way === 'HTTP/2' ? 1 : 2);
      for (const { socket } of proxy.connections) socket.destroy();
      for (const client of clients) {
        await client.untilEnd();
        expect(client.received).toBe(`${BEGUN}5\r\nevent\r\n`);
      }
      const ended = { outcome: 'upstream-aborted', errorCode: 'ERR_UPSTREAM_ABORTED' };
      expect(await pair.proxy.recorded(2)).toMatchObject([ended, ended]);
      await eventually('nothing is open', () => pair.proxy.connections.upstream === 0);
    },
  );
});

describe('the certificate of an https proxy', () => {
  const attempt = async (certificate: typeof ofProxy, host: string, more: Partial<Route> = {}) => {
    const proxy = await startForwardProxy(connectProxy(1), certificate);
    const error = await failure(
      routeTo('https://c', `https://${LOGIN}${host}:${proxy.port}`, more),
    );
    for (const { said } of proxy.connections) expect(said).toHaveLength(0);
    return error;
  };

  it('has to be signed by a root of this machine, whatever the kubeconfig says of the API server', async () => {
    const tls = { ...trusting(proxyAuthority.pem), insecureSkipTlsVerify: true };
    const roots = [mintAuthority({ commonName: 'others' }).pem];
    expect(
      await attempt(ofProxy, 'localhost', { tls, proxyRoots: roots } as Partial<Route>),
    ).toMatchObject({
      code: 'ERR_UPSTREAM_TLS',
      message: expect.stringMatching(
        /^cannot reach the proxy localhost:\d+ on the way to the API server at c: its certificate is signed by an unknown authority$/,
      ),
    });
  });

  it('has to bear its name', async () => {
    const elsewhere = proxyAuthority.issueServer({ loopback: false, names: ['elsewhere.example'] });
    expect(await attempt(elsewhere, '127.0.0.1')).toMatchObject({
      code: 'ERR_UPSTREAM_TLS',
      message: expect.stringMatching(
        /other names \(DNS:elsewhere\.example\); write one of them into the proxy's URL$/,
      ),
    });
  });

  it('is missing where the proxy speaks plain HTTP', async () => {
    const proxy = await startForwardProxy((client) => client.send('HTTP/1.1 400 Bad\r\n\r\n'));
    const error = await failure(routeTo('https://c', `https://localhost:${proxy.port}`));
    expect(error.message).toMatch(
      /^cannot reach the proxy .*does not speak TLS; should the proxy's URL begin with http:\/\//,
    );
  });

  it('never comes: the dial times out, and the TCP connection is closed', async () => {
    const proxy = await startForwardProxy(() => {});
    const timeouts = { dial: 600, tls: 10_000 };
    const error = await failure(
      routeTo('https://c', `https://localhost:${proxy.port}`, { timeouts }),
    );
    expect(error.code).toBe('ERR_UPSTREAM_TIMEOUT');
    expect(error.message).toMatch(/^cannot reach the proxy .*TLS handshake timed out$/);
    await (await firstOf(proxy)).closed;
  });
});

it('the words for a connection that breaks name the proxy that it went through', () => {
  const route = routeTo('https://c', `http://${LOGIN}p:3128`);
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  expect(brokenError(reset, route).message).toBe(
    'the connection to the API server at c through the proxy p:3128 broke: connection reset',
  );
});
