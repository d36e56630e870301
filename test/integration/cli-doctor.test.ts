import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { dirname } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import { doctorCommand } from '../../src/commands/doctor.ts';
import type { KubeconfigFlags } from '../../src/kubeconfig/kubeconfig.ts';
import { portOf, root } from '../support/in-front.ts';
import { type KubeconfigFields, writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { quietTerminal } from '../support/quiet-terminal.ts';
import { type Script, startUpstream } from '../support/recording-upstream.ts';

const HOUR = 3_600_000;
const serving = root.issueServer();
const alice = root.issueClient({ commonName: 'alice', organizations: ['devs', 'ops'] });
const NO_CERTIFICATE = { 'client-certificate-data': undefined, 'client-key-data': undefined };

/** Runs the command as the command line would, on a machine that has nothing but this kubeconfig. */
async function doctor(flags: KubeconfigFlags, requestTimeoutMs = 0) {
  let report = '';
  const code = await doctorCommand(
    { kubeconfig: flags, requestTimeoutMs, execTimeoutMs: 60_000, kuberc: undefined },
    quietTerminal((text) => {
      report += text;
    }),
  );
  // Sentences are wrapped.
  const words = report.replace(/\s+/g, ' ');
  return { code, report, checks: words.slice(words.indexOf('Checks')) };
}

/** A kubeconfig for a port of this machine, as alice unless told otherwise. */
function kubeconfigFor(port: number, fields: KubeconfigFields = {}): KubeconfigFlags {
  const kubeconfig = writeTestKubeconfig({ port, ca: root.pem, client: alice }, fields);
  onTestFinished(() => rmSync(dirname(kubeconfig), { recursive: true }));
  return { kubeconfig };
}

async function startServer(script: Script, options: TlsOptions = {}) {
  const tls = { ...serving, ca: root.pem, requestCert: true, rejectUnauthorized: false };
  const upstream = await startUpstream(script, { ...tls, ...options });
  onTestFinished(() => upstream.close());
  return upstream;
}

function answer(status: number, body: unknown): string {
  const text = JSON.stringify(body);
  return `HTTP/1.1 ${status} Answer\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
}

const VERSION = answer(200, { major: '1', minor: '35', gitVersion: 'v1.35.2' });
const NOT_FOUND = answer(404, { kind: 'Status', message: 'not found', code: 404 });

/** An API server that answers reviews of one version, if any, with `userInfo`. */
function apiServer(userInfo: object, reviews: string | undefined = 'v1'): Script {
  return (head) => {
    if (head.startsWith('GET /version ')) return VERSION;
    const line = `POST /apis/authentication.k8s.io/${reviews}/selfsubjectreviews `;
    return head.startsWith(line) ? answer(201, { status: { userInfo } }) : NOT_FOUND;
  };
}

function jwt(claims: object): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
}

describe('a cluster in good health', () => {
  it('tells its version and who we are, and is asked as every client of porthole asks', async () => {
    const groups = ['devs', 'system:authenticated'];
    const upstream = await startServer(apiServer({ username: 'alice', groups }));
    const { code, report } = await doctor(kubeconfigFor(upstream.port));
    expect(report).toMatch(/^ {2}ok {3}API server {2}v1\.35\.2, in \d+ ms$/m);
    expect(report).toMatch(/^ {2}ok {3}identity {4}alice, groups devs, system:authenticated$/m);
    expect(report).toMatch(/\nAll is well\.\n$/);
    expect(code).toBe(0);
    expect(upstream.bytes).toContain('User-Agent: porthole/');
    expect(upstream.bytes).toContain('"apiVersion":"authentication.k8s.io/v1"');
    expect(upstream.bytes.toLowerCase()).not.toContain('authorization');
  });

  it('is asked with the token of the kubeconfig, not with that of the door', async () => {
    const upstream = await startServer(apiServer({ username: 'bob' }));
    const user = { ...NO_CERTIFICATE, token: 'sesame' };
    const { code, report } = await doctor(kubeconfigFor(upstream.port, { user }));
    expect(report).toContain('  ok   identity    bob, groups none\n');
    expect(code).toBe(0);
    const sent = upstream.bytes.match(/^authorization: .*$/gim);
    expect(sent).toEqual(
      Array(2).fill(expect.stringMatching(/^authorization: Bearer sesame\r?$/i)),
    );
  });

  it('leaves nothing open', async () => {
    const upstream = await startServer(apiServer({ username: 'alice' }));
    await doctor(kubeconfigFor(upstream.port));
    await expect.poll(() => upstream.open).toBe(0);
  });

  it.each(['v1beta1', 'v1alpha1'])('is asked in %s when it is older', async (version) => {
    const upstream = await startServer(apiServer({ username: 'alice' }, version));
    const { code, checks } = await doctor(kubeconfigFor(upstream.port));
    expect(checks).toContain('ok identity alice,');
    expect(code).toBe(0);
  });
});

describe('an API server that does not tell who we are', () => {
  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['the certificate', {}, 'probably alice, by the client certificate'],
    [
      'the claims of a token',
      { ...NO_CERTIFICATE, token: jwt({ sub: 'system:serviceaccount:a:b' }) },
      'probably system:serviceaccount:a:b, by the claims of the token',
    ],
    ['a token', { ...NO_CERTIFICATE, token: 't' }, 'whoever the token stands for'],
    [
      'a user name',
      { ...NO_CERTIFICATE, username: 'eve', password: 'p' },
      'probably eve, by the user name',
    ],
    ['impersonation', { as: 'carol' }, 'probably carol, which the requests ask to act as'],
    ['nothing', NO_CERTIFICATE, 'system:anonymous, for want of credentials'],
  ])('leaves what %s says', async (_, user, expected) => {
    const upstream = await startServer(apiServer({}, 'none'));
    const { code, checks } = await doctor(kubeconfigFor(upstream.port, { user }));
    expect(checks).toContain(`ok identity ${expected}; not confirmed: the API server has no`);
    expect(code).toBe(0);
    expect(upstream.requests).toBe(4);
  });

  it('nor its version, for want of permission, has been reached', async () => {
    const upstream = await startServer(() =>
      answer(403, { kind: 'Status', message: 'User "alice" cannot do this', code: 403 }),
    );
    const { code, checks } = await doctor(kubeconfigFor(upstream.port));
    expect(checks).toMatch(/ok API server reached, in \d+ ms; .* User "alice" cannot do this/);
    expect(checks).toContain(
      'ok identity probably alice, by the client certificate; not confirmed: User "alice" cannot do this',
    );
    expect(code).toBe(0);
  });
});

describe('an API server that does not know us', () => {
  const unauthorized = answer(401, { kind: 'Status', message: 'Unauthorized', code: 401 });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['a token', { token: 't' }, '-> Log in again, or fetch a new kubeconfig. skip'],
    [
      'a token that has expired',
      { token: jwt({ exp: 1 }) },
      '-> It may be that the token expired on 1970-01-01, ',
    ],
  ])('by %s fails, with advice', async (_, credentials, advice) => {
    const upstream = await startServer(() => unauthorized);
    const user = { ...NO_CERTIFICATE, ...credentials };
    const { code, checks } = await doctor(kubeconfigFor(upstream.port, { user }));
    expect(checks).toContain('FAIL API server the API server does not accept the credentials');
    expect(checks).toContain(advice);
    expect(checks).toContain(
      'skip identity whoever the token stands for; not confirmed: nobody was asked',
    );
    expect(code).toBe(1);
    expect(upstream.requests).toBe(1);
  });

  it('but tells everybody its version', async () => {
    const upstream = await startServer((head) => (head.startsWith('GET') ? VERSION : unauthorized));
    const { code, checks } = await doctor(kubeconfigFor(upstream.port));
    expect(checks).toMatch(
      /ok API server v1\.35\.2.* FAIL identity the API server does not accept/,
    );
    expect(code).toBe(1);
  });

  it('because it was asked to act as nobody, which is no failure', async () => {
    const upstream = await startServer(apiServer({ username: 'system:anonymous' }));
    const user = { as: 'system:anonymous' };
    expect((await doctor(kubeconfigFor(upstream.port, { user }))).code).toBe(0);
  });

  it('because the credentials do not arrive', async () => {
    const upstream = await startServer(apiServer({ username: 'system:anonymous' }));
    const { code, checks } = await doctor(kubeconfigFor(upstream.port));
    expect(checks).toContain(
      'FAIL identity system:anonymous, groups none -> The credentials do not',
    );
    expect(code).toBe(1);
    const user = NO_CERTIFICATE;
    expect((await doctor(kubeconfigFor(upstream.port, { user }))).code).toBe(0);
  });
});

describe('what is not an API server', () => {
  it.each<[string, string, RegExp]>([
    [
      'redirects',
      'HTTP/1.1 302 Found\r\nLocation: https://login\r\nContent-Length: 0\r\n\r\n',
      /FAIL API server answered 302 -> A login page/,
    ],
    ['knows no version', NOT_FOUND, /FAIL API server answered 404: not found -> Something other/],
    ['is a page', answer(200, 'hello'), /answered without a Kubernetes version -> Something other/],
    ['is a list', answer(200, [1]), /answered without a Kubernetes version -> Something other/],
    [
      'fails',
      answer(500, { message: 'etcd is down' }),
      /answered 500: etcd is down -> The API server is in trouble/,
    ],
    [
      'breaks off',
      VERSION.slice(0, -5),
      /the answer broke off before its end -> Something in between/,
    ],
    [
      'says more than anybody wants to know',
      answer(200, { gitVersion: 'v1', more: 'x'.repeat(2 * 1024 * 1024) }),
      /answered without a Kubernetes version -> Something other/,
    ],
    [
      'answers garbage',
      'SSH-2.0-OpenSSH\r\n\r\n',
      /FAIL API server the API server did not answer in HTTP\/1\.1 -> Something in between/,
    ],
  ])('%s', async (_, bytes, expected) => {
    const upstream = await startServer((__, { socket }) => void socket.end(bytes, 'latin1'));
    const { code, checks } = await doctor(kubeconfigFor(upstream.port));
    expect(checks).toMatch(expected);
    expect(checks).toContain('skip identity probably alice');
    expect(code).toBe(1);
  });

  it('is silent: the doctor does not wait for ever, and hangs up', async () => {
    const upstream = await startServer(() => undefined);
    const { code, checks } = await doctor(kubeconfigFor(upstream.port), 300);
    expect(checks).toContain('FAIL API server no answer within 0.3 s -> A firewall');
    expect(code).toBe(1);
    await expect.poll(() => upstream.open).toBe(0);
  });
});

describe('a server that cannot be reached', () => {
  const foreign = mintAuthority({ commonName: 'foreign' });

  async function unused(): Promise<number> {
    const server = createTcpServer();
    const port = await portOf(server);
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  const withCertificate = (issue: () => TlsOptions) => async () =>
    (await startServer(() => VERSION, issue())).port;

  it.each<[string, () => Promise<number>, RegExp]>([
    [
      'nothing listens',
      unused,
      /FAIL API server cannot reach the API server at 127.*: connection refused; .* -> Nothing listens there/,
    ],
    [
      'it speaks plain http',
      () => portOf(createServer()),
      /does not speak TLS.* -> Check port and scheme/,
    ],
    [
      'its authority is unknown',
      withCertificate(() => foreign.issueServer()),
      /signed by an unknown authority -> The CA above did not issue/,
    ],
    [
      'its certificate is for another name',
      withCertificate(() => root.issueServer({ loopback: false, names: ['b.example'] })),
      /for other names \(DNS:b\.example\).* -> Write one of these names/,
    ],
    [
      'its certificate has no name',
      withCertificate(() => root.issueServer({ loopback: false })),
      /no subject alternative name .* -> Have the API server issued/,
    ],
    [
      'its certificate has expired',
      withCertificate(() => root.issueServer({ notAfter: new Date(Date.now() - HOUR) })),
      /its certificate has expired -> Renew/,
    ],
    [
      'its certificate is of tomorrow',
      withCertificate(() => root.issueServer({ notBefore: new Date(Date.now() + HOUR) })),
      /not yet valid; .* -> Compare the clocks/,
    ],
  ])('because %s: one line of advice, and exit code 1', async (_, start, expected) => {
    const { code, checks } = await doctor(kubeconfigFor(await start()));
    expect(checks).toMatch(expected);
    expect(checks).toContain('skip identity probably alice, by the client certificate');
    expect(checks).toMatch(/Not all is well: see FAIL above\. $/);
    expect(code).toBe(1);
  });

  it('because it demands a client certificate', async () => {
    const upstream = await startServer(() => VERSION, { rejectUnauthorized: true });
    const user = { ...NO_CERTIFICATE, token: 't' };
    const { code, checks } = await doctor(kubeconfigFor(upstream.port, { user }));
    expect(checks).toMatch(/refused the TLS connection: .*alert.* -> The API server wants another/);
    expect(code).toBe(1);
  });

  it.each<[string, KubeconfigFields, RegExp]>([
    [
      'of a proxy',
      { cluster: { 'proxy-url': 'http://127.0.0.1:1' } },
      /cannot reach the proxy 127\.0\.0\.1:1 .*connection refused.* -> Correct proxy-url/,
    ],
    [
      'of an auth provider',
      { user: { ...NO_CERTIFICATE, 'auth-provider': { name: 'gcp' } } },
      /gcp auth plugin has been removed.* -> Fetch a kubeconfig anew/,
    ],
  ])('because %s', async (_, fields, expected) => {
    const { code, checks } = await doctor(kubeconfigFor(443, fields));
    expect(checks).toMatch(expected);
    expect(code).toBe(1);
  });
});

describe('a server that quotes what it was sent', () => {
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['token', { token: 'canary-token' }],
    ['user name and password', { username: 'bob', password: 'canary-password' }],
  ])('does not bring the %s into the report', async (_, user) => {
    const secrets = ['canary', Buffer.from('bob:canary-password').toString('base64')];
    for (const status of [200, 401, 403, 404, 500, 503]) {
      const upstream = await startServer((head) => {
        const sent = /^authorization: (\w+ (.*))\r$/im.exec(head);
        const quoted = `${sent?.[1]} ${sent?.[2]} ${Object.values(user).join(' ')}`;
        const info = { username: quoted, groups: [quoted] };
        return answer(status, { message: quoted, gitVersion: quoted, status: { userInfo: info } });
      });
      const fields = { user: { ...NO_CERTIFICATE, ...user } };
      const { report } = await doctor(kubeconfigFor(upstream.port, fields));
      expect(upstream.requests).toBeGreaterThan(0);
      expect(report).toContain('REDACTED');
      for (const secret of secrets) expect(report).not.toContain(secret);
    }
  });

  it('nor control characters', async () => {
    const upstream = await startServer(() =>
      answer(500, { message: '\u001b]0;evil\u0007\r\n\u202e' }),
    );
    const { report } = await doctor(kubeconfigFor(upstream.port));
    expect(report).toContain('evil');
    expect(report).not.toMatch(/[^\n\P{C}]/u);
  });
});
