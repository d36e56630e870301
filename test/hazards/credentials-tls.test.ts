import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyFolder, portholeWith } from '../support/cli.ts';
import { follow, other, upstreamOf } from '../support/followed.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { RunningCommand, run } from '../support/process.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { ecPair } from '../unit/kubeconfig/support.ts';
import { openDoor } from './door.ts';
import { CLOSE, foreign, root, startServer, trusting, UPGRADE } from './impostor.ts';

const HOUR = 3_600_000;
const REQUESTS = [
  request('GET /api', { headers: CLOSE }),
  request('POST /api/v1/namespaces', { headers: `${CLOSE}Content-Length: 2\r\n`, body: '{}' }),
  request('GET /api/v1/pods?watch=1', { headers: CLOSE }),
  request('GET /api/v1/x', { headers: UPGRADE }),
];
/** A last request is refused like all others. */
const LAST = { last: { status: 502 } };

describe('C01, C05', () => {
  it.each([
    ['that signed itself', () => ecPair(), /signed by an unknown authority/],
    ['of another authority', () => foreign.issueServer(), /signed by an unknown authority/],
    [
      'that has expired',
      () => root.issueServer({ notAfter: new Date(Date.now() - HOUR) }),
      /its certificate has expired/,
    ],
    [
      'that is not valid yet',
      () => root.issueServer({ notBefore: new Date(Date.now() + HOUR) }),
      /not yet valid/,
    ],
    [
      'for another name',
      () => root.issueServer({ loopback: false, names: ['other.example'] }),
      /for other names/,
    ],
    [
      'for another address',
      () => root.issueServer({ loopback: false, ips: ['127.0.0.2'] }),
      /for other names/,
    ],
    [
      'whose common name alone is right',
      () => root.issueServer({ loopback: false, commonName: '127.0.0.1' }),
      /no subject alternative name/,
    ],
  ])('a certificate %s', async (_, issue, reason) => {
    const server = await startServer(issue());
    const { ask, proxy } = await openDoor(undefined, {
      ...LAST,
      kubeconfig: () => ({ cluster: trusting(`https://127.0.0.1:${server.port}`, root.pem) }),
    });
    for (const text of REQUESTS) {
      const answer = await ask(text);
      expect(answer).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
      expect(answer).toMatch(reason);
    }
    expect(proxy.records.map(({ outcome }) => outcome)).toEqual(
      REQUESTS.map(() => 'upstream-failed'),
    );
    expect(server.bytes).toBe('');
  });
});

/** Runs the command line in front of a server; gives what each request was answered with, and stderr. */
async function throughCommand(port: number, cluster: object, env: Record<string, string> = {}) {
  const kubeconfig = writeTestKubeconfig(
    { port, ca: root.pem, client: root.issueClient({ commonName: 'alice' }) },
    { cluster: { ...cluster } },
  );
  onTestFinished(() => rmSync(dirname(kubeconfig), { recursive: true }));
  const [program, args, options] = portholeWith([`--kubeconfig=${kubeconfig}`, '--port=0']);
  const command = new RunningCommand(program, args, {
    ...options,
    env: { ...options.env, ...env },
  });
  onTestFinished(() => void command.stop('SIGKILL'));
  const [, bound] = await command.waitFor('stdout', /^Starting to serve on 127\.0\.0\.1:(\d+)$/m);
  const answers: string[] = [];
  for (const text of REQUESTS) {
    const client = await RawClient.connect(Number(bound));
    await client.send(text).untilText('\r\n\r\n');
    answers.push(client.received);
    client.close();
  }
  await command.stop();
  return { answers, stderr: command.stderr };
}

describe('C02, C05', () => {
  it('no variable of the environment makes another server trusted', async () => {
    const server = await startServer(foreign.issueServer());
    const bundle = join(emptyFolder(), 'foreign.pem');
    writeFileSync(bundle, foreign.pem);
    const { answers } = await throughCommand(
      server.port,
      {},
      {
        NODE_TLS_REJECT_UNAUTHORIZED: '0',
        NODE_EXTRA_CA_CERTS: bundle,
        SSL_CERT_FILE: bundle,
        NODE_OPTIONS: '--use-openssl-ca',
      },
    );
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 502 .*unknown authority/s);
    expect(server.bytes).toBe('');
  });
});

describe('C03, C05', () => {
  const careless = { 'certificate-authority-data': undefined, 'insecure-skip-tls-verify': true };

  it('works, with a warning at each start', async () => {
    const server = await startServer(
      foreign.issueServer({ loopback: false, names: ['a.example'] }),
    );
    for (const _ of [1, 2]) {
      const { answers, stderr } = await throughCommand(server.port, careless);
      const statuses = answers.map((answer) => answer.slice(9, 12));
      expect(statuses).toEqual(['200', '200', '200', '101']);
      expect(stderr).toContain('insecure-skip-tls-verify is on: the server is not verified');
    }
  });

  it('with a certificate authority is a mistake', async () => {
    const kubeconfig = writeTestKubeconfig(
      { port: 1, ca: root.pem, client: root.issueClient({ commonName: 'alice' }) },
      { cluster: { 'insecure-skip-tls-verify': true } },
    );
    onTestFinished(() => rmSync(dirname(kubeconfig), { recursive: true }));
    const { code, stderr } = await run(...portholeWith([`--kubeconfig=${kubeconfig}`]));
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /^error: .*specifying a root certificates file with the insecure flag is not allowed.*\n$/,
      ),
    ]);
  });
});

describe('C04, C05', () => {
  /** A kubeconfig in YAML, which has more spellings than JSON. */
  const written = (port: number, value: string): string => {
    const file = join(emptyFolder(), 'config');
    const text = `current-context: x
contexts: [{name: x, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://127.0.0.1:${port}", insecure-skip-tls-verify: ${value}}}]
users: [{name: u, user: {token: t}}]
`;
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };

  it.each(['off', 'no', 'false', 'False', 'n', '~'])('%s is never true', async (value) => {
    const server = await startServer(foreign.issueServer());
    const { ask } = await openDoor(undefined, {
      ...LAST,
      flags: { kubeconfig: written(server.port, value) },
    });
    for (const text of REQUESTS) expect(await ask(text)).toMatch(/^HTTP\/1\.1 502 /);
    expect(server.bytes).toBe('');
  });

  it.each(['"off"', '"false"', "'no'", '"true"', '0', '1', '[]', '{}'])(
    '%s is no boolean: nothing starts',
    async (value) => {
      const { code, stderr } = await run(
        ...portholeWith([`--kubeconfig=${written(1, value)}`, '--port=0']),
      );
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/clusters\[0\] "c": insecure-skip-tls-verify must be true or false/),
      ]);
    },
  );
});

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
