import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { follow, other, upstreamOf } from '../support/followed.ts';
import { openDoor } from './door.ts';
import { foreign, LAST, REQUESTS, root, startServer, trusting } from './impostor.ts';

describe('C08', () => {
  const byAddress = { loopback: false, ips: ['127.0.0.1', '::1'] };
  const byName = { loopback: false, names: ['localhost'] };
  const inText = { loopback: false, names: ['127.0.0.1', '127.1', '0x7f.1'] };

  it.each([
    ['127.0.0.1', byAddress, 200],
    // The kubeconfig's reader has made an address of what the system would take for one.
    ['127.1', byAddress, 200],
    ['0x7f.1', byAddress, 200],
    ['2130706433', byAddress, 200],
    ['[::1]', byAddress, 200],
    ['[0:0:0:0:0:0:0:1]', byAddress, 200],
    ['localhost', byName, 200],
    ['LOCALHOST', byName, 200],
    ['localhost', byAddress, 502],
    ['127.0.0.1', byName, 502],
    ['[::1]', byName, 502],
    // An address that stands in a certificate as if it were a name.
    ['127.0.0.1', inText, 502],
    ['127.1', inText, 502],
    ['0x7f.1', inText, 502],
  ] as const)('a server at %s with a certificate for %j is a %i', async (host, names, status) => {
    const server = await startServer(root.issueServer(names));
    const port = host.startsWith('[') ? await relayFrom('::1', server.port) : server.port;
    const { ask } = await openDoor(undefined, {
      last: { status },
      kubeconfig: () => ({ cluster: trusting(`https://${host}:${port}`, root.pem) }),
    });
    for (const text of REQUESTS.slice(0, 3))
      expect(await ask(text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    if (status === 502) expect(server.bytes).toBe('');
  });

  it.each([
    ['a.example', ['a.example'], 200],
    ['A.Example.', ['a.example'], 200],
    ['b.example', ['a.example'], 502],
    ['a.b.example', ['*.b.example'], 200],
    ['c.a.b.example', ['*.b.example'], 502],
    ['a.example', ['*.example'], 502],
    ['example', ['*'], 502],
  ])('tls-server-name %s with a certificate for %j is a %i', async (name, names, status) => {
    const server = await startServer(root.issueServer({ loopback: false, names }));
    const cluster = trusting(`https://127.0.0.1:${server.port}`, root.pem);
    const { ask } = await openDoor(undefined, {
      last: { status },
      kubeconfig: () => ({ cluster: { ...cluster, 'tls-server-name': name } }),
    });
    expect(await ask(REQUESTS[0] as string)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });
});

/** A port of another address that leads to one of 127.0.0.1. */
async function relayFrom(host: string, to: number): Promise<number> {
  const server = createServer((socket) => {
    const way = connectTcp(to, '127.0.0.1');
    socket.on('error', () => {}).on('close', () => way.destroy());
    way.on('error', () => {}).on('close', () => socket.destroy());
    socket.pipe(way).pipe(socket);
  });
  onTestFinished(() => void server.close());
  await once(server.listen(0, host), 'listening');
  return (server.address() as AddressInfo).port;
}

describe('C09', () => {
  it('a server that one context trusts is not trusted by another, with TLS sessions at hand', async () => {
    const server = await startServer(root.issueServer());
    const at = `https://127.0.0.1:${server.port}`;
    const trustful = await openDoor(undefined, {
      kubeconfig: () => ({ cluster: trusting(at, root.pem) }),
    });
    for (const text of [...REQUESTS.slice(0, 3), ...REQUESTS.slice(0, 3)])
      expect(await trustful.ask(text)).toMatch(/^HTTP\/1\.1 200 /);
    await trustful.settled();
    const distrustful = await openDoor(undefined, {
      ...LAST,
      kubeconfig: () => ({ cluster: trusting(at, foreign.pem) }),
    });
    for (const text of [...REQUESTS.slice(0, 3), ...REQUESTS.slice(0, 3)])
      expect(await distrustful.ask(text)).toMatch(/^HTTP\/1\.1 502 .*unknown authority/s);
  });

  it('a server that the kubeconfig does not trust any more is not trusted, whatever is open or resumable', async () => {
    const upstream = await upstreamOf();
    const { ask, write, proxy } = await follow(upstream);
    for (const _ of [1, 2, 3]) expect(await ask()).toContain('200 OK');
    const { requests } = upstream;
    write('ca.crt', other.pem);
    await proxy.reload();
    for (const _ of [1, 2, 3]) expect(await ask()).toMatch(/^HTTP\/1\.1 502 .*unknown authority/s);
    expect(upstream.requests).toBe(requests);
  });
});
