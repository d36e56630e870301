import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyFolder, portholeWith } from '../support/cli.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { RunningCommand, run } from '../support/process.ts';
import { RawClient } from '../support/raw-client.ts';
import { ecPair } from '../unit/kubeconfig/support.ts';
import { openDoor } from './door.ts';
import { foreign, LAST, REQUESTS, root, startServer, trusting } from './impostor.ts';

const HOUR = 3_600_000;
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
