import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { TextRequest } from '../../src/credentials/oidc/fetch-text.ts';
import { PortholeError } from '../../src/errors.ts';
import { createFetchText } from '../../src/upstream/fetch-text.ts';
import { type Answer, json, startOidcProvider, strangerCa } from '../support/oidc-provider.ts';

const fetchText = createFetchText({ chooseProxy: () => undefined, sslCertFile: undefined });

/** A provider that answers `/x` so, and a way to ask it. */
async function start(answer: Answer) {
  const provider = await startOidcProvider();
  provider.other = answer;
  const ask = (more: Partial<TextRequest> = {}) =>
    fetchText({
      url: new URL(`${provider.issuer}/x?y=%2F`),
      method: 'GET',
      headers: {},
      certificateAuthority: provider.ca,
      signal: new AbortController().signal,
      ...more,
    });
  return { provider, ask };
}

const closed = (provider: { readonly open: number }) =>
  vi.waitFor(() => expect(provider.open).toBe(0), { timeout: 5_000 });

describe('fetchText', () => {
  it('sends the body, reads the answer and closes the connection', async () => {
    const { provider, ask } = await start(json(201, { a: 'ü' }));
    const response = await ask({ method: 'POST', body: 'b=ü' });
    expect(response).toEqual({
      status: 201,
      statusText: 'Created',
      contentType: 'application/json',
      location: undefined,
      body: '{"a":"ü"}',
    });
    const [request] = provider.requests;
    expect(request).toMatchObject({ method: 'POST', path: '/x?y=%2F' });
    expect(request?.form.get('b')).toBe('ü');
    await closed(provider);
  });

  it('follows no redirect by itself', async () => {
    const { provider, ask } = await start((_, response) => {
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    expect(await ask()).toMatchObject({ status: 307, location: '/elsewhere' });
    expect(provider.requests).toHaveLength(1);
  });

  it('asks a plain http server, and one by name', async () => {
    const server = createServer((_, response) => response.end('plain'));
    server.listen(0, 'localhost');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { ask } = await start(json(200, {}));
    const { port } = server.address() as AddressInfo;
    expect(await ask({ url: new URL(`http://localhost:${port}`) })).toMatchObject({
      body: 'plain',
    });
  });

  const flood: Answer = (_, response) => {
    response.writeHead(200);
    const pour = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(64 * 1024)));
      response.once('drain', pour);
    };
    pour();
  };

  it.each<[string, Answer, RegExp]>([
    ['without end', flood, /^127\.0\.0\.1:\d+ answered with more than 1 MiB$/],
    [
      'that is cut short',
      (_, response) => {
        response.writeHead(200, { 'content-length': 10 }).write('half');
        setImmediate(() => response.destroy());
      },
      /cut its answer short$/,
    ],
    [
      'that is none',
      (_, response) => {
        response.socket?.end('s3cret\r\n\r\n');
      },
      /^127\.0\.0\.1:\d+ closed the connection, or does not speak HTTP$/,
    ],
    [
      'that never comes',
      (_, response) => {
        response.destroy();
      },
      /closed the connection, or does not speak HTTP$/,
    ],
  ])('refuses an answer %s', async (_, answer, message) => {
    const { provider, ask } = await start(answer);
    const error = await ask().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PortholeError);
    expect((error as PortholeError).message).toMatch(message);
    await closed(provider);
  });

  it('takes 1 MiB', async () => {
    const { ask } = await start((_, response) => response.end(Buffer.alloc(1024 * 1024, 'x')));
    expect((await ask()).body).toHaveLength(1024 * 1024);
  });

  it.each<[string, Answer]>([
    ['says nothing', () => {}],
    ['stops half-way', (_, response) => void response.writeHead(200).write('half')],
  ])('leaves a server that %s when it is told to', async (_, answer) => {
    const controller = new AbortController();
    const { provider, ask } = await start((request, response) => {
      answer(request, response);
      setImmediate(() => controller.abort(new Error('told to')));
    });
    await expect(ask({ signal: controller.signal })).rejects.toThrow('told to');
    await closed(provider);
  });

  it('does not even begin when it has been told to stop', async () => {
    const asking = createFetchText({
      chooseProxy: () => {
        throw new Error('it has begun');
      },
      sslCertFile: undefined,
    })({
      url: new URL('https://127.0.0.1:1'),
      method: 'GET',
      headers: {},
      certificateAuthority: undefined,
      signal: AbortSignal.abort(new Error('told to')),
    });
    await expect(asking).rejects.toThrow('told to');
  });

  it.each<[string, Partial<TextRequest>, RegExp]>([
    [
      'signed by an unknown authority',
      { certificateAuthority: strangerCa },
      /^cannot reach 127\.0\.0\.1:\d+: its certificate is signed by an unknown authority/,
    ],
    [
      'signed by an authority that the system does not know',
      { certificateAuthority: undefined },
      /^cannot reach 127\.0\.0\.1:\d+: its certificate is signed by an unknown authority/,
    ],
  ])('sends nothing to a server with a certificate %s', async (_, more, message) => {
    const { provider, ask } = await start(json(200, {}));
    await expect(ask(more)).rejects.toThrow(message);
    expect(provider.requests).toEqual([]);
  });

  it('says whom it cannot reach', async () => {
    const { ask } = await start(json(200, {}));
    await expect(ask({ url: new URL('https://127.0.0.1:1/') })).rejects.toMatchObject({
      code: 'ERR_UPSTREAM_UNREACHABLE',
      message: expect.stringMatching(/^cannot reach 127\.0\.0\.1:1: connection refused/),
    });
  });

  it('goes through the proxy that it is told of', async () => {
    const lines: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      lines.push(`${request.method} ${request.url}`);
      socket.end('HTTP/1.1 502 No\r\n\r\n');
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    onTestFinished(() => void proxy.close());
    const { port } = proxy.address() as AddressInfo;
    const through = createFetchText({
      chooseProxy: (server) => {
        lines.push(`${server.scheme} ${server.hostname} ${server.port}`);
        return {
          scheme: 'http',
          hostname: '127.0.0.1',
          port,
          authority: `127.0.0.1:${port}`,
          credentials: undefined,
        };
      },
      sslCertFile: undefined,
    });
    const asking = through({
      url: new URL('https://id.example.com/x'),
      method: 'GET',
      headers: {},
      certificateAuthority: undefined,
      signal: new AbortController().signal,
    });
    await expect(asking).rejects.toThrow(PortholeError);
    await asking.catch(({ message }: Error) => expect(message).not.toMatch(/API server/));
    expect(lines).toEqual(['https id.example.com 443', 'CONNECT id.example.com:443']);
  });
});
