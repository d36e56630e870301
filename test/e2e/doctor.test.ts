import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import { emptyFolder } from '../support/cli.ts';
import { clientEnv } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { CERTIFICATE_USER, TOKEN_USER } from '../support/cluster/pki.ts';
import { run } from '../support/process.ts';

const PORTHOLE = fileURLToPath(new URL('../../bin/porthole.js', import.meta.url));

/** A port of this machine that nothing listens on any more. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (bound === null || typeof bound === 'string') throw new Error('not listening on TCP');
  return bound.port;
}

describeOnCluster('porthole doctor', (cluster) => {
  const { certificateData, certificateFiles, token } = cluster.kubeconfigs;

  /** Runs it to its end; `words` are what it prints, without the breaks of lines. */
  async function doctor(kubeconfig: string, ...flags: readonly string[]) {
    const args = [PORTHOLE, 'doctor', `--kubeconfig=${kubeconfig}`, ...flags];
    const env = clientEnv(cluster, cluster.kubeconfigs.none);
    const { code, stdout, stderr } = await run(process.execPath, args, { env, cwd: cluster.dir });
    return { code, stdout, stderr, words: stdout.replace(/\s+/g, ' ') };
  }

  function withAnotherAuthority(kubeconfig: string): string {
    const config = JSON.parse(readFileSync(kubeconfig, 'utf8'));
    const { pem } = mintAuthority({ commonName: 'another' });
    config.clusters[0].cluster['certificate-authority-data'] = Buffer.from(pem).toString('base64');
    const path = join(emptyFolder(), 'config');
    writeFileSync(path, JSON.stringify(config));
    return path;
  }

  // An API server before 1.28 does not tell who we are, and a token of a file says nothing of its own.
  it.each<[string, string, RegExp]>([
    [
      'a certificate in the file',
      certificateData,
      RegExp(`ok identity (?:probably )?${CERTIFICATE_USER}\\b`),
    ],
    [
      'a certificate beside the file',
      certificateFiles,
      RegExp(`ok identity (?:probably )?${CERTIFICATE_USER}\\b`),
    ],
    ['a token', token, RegExp(`ok identity (?:${TOKEN_USER}\\b|whoever the token stands for)`)],
  ])('is content with %s', async (_, kubeconfig, identity) => {
    const { code, stdout, stderr, words } = await doctor(kubeconfig);
    expect(words).toMatch(/ok API server v\d+\.\d+\.\d+\S*, in \d+ ms/);
    expect(words).toMatch(identity);
    expect(words).toContain('All is well.');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toContain(cluster.token);
  });

  it.each<[string, () => Promise<readonly [string, ...string[]]>, RegExp]>([
    [
      'a token that nobody has issued',
      async () => [token, '--token=nobody-has-issued-this'],
      /token REDACTED \(--token\).*FAIL API server the API server does not accept the credentials \(401: Unauthorized\) -> Log in again/,
    ],
    [
      'another authority',
      async () => [withAnotherAuthority(certificateData)],
      /FAIL API server .* certificate is signed by an unknown authority -> The CA above/,
    ],
    [
      'a dead server',
      async () => [certificateData, `--server=https://127.0.0.1:${await deadPort()}`],
      /server https:\/\/127\.0\.0\.1:\d+ \(--server\).*FAIL API server .* connection refused; .* -> Nothing listens/,
    ],
    [
      'a name that the certificate does not have',
      async () => [certificateData, '--tls-server-name=other.example'],
      /tls-server-name other\.example \(--tls-server-name\).*FAIL API server .* for other names \(.*-> Write one/,
    ],
    [
      'no such file',
      async () => [join(cluster.dir, 'nowhere')],
      /missing \S+\/nowhere Checks FAIL kubeconfig .*no such file.* skip API server not asked/,
    ],
  ])('fails with %s', async (_, prepare, expected) => {
    const [kubeconfig, ...flags] = await prepare();
    const { code, stdout, words } = await doctor(kubeconfig, ...flags);
    expect(words).toMatch(expected);
    expect(words).toContain('Not all is well');
    expect(code).toBe(1);
    expect(stdout).not.toMatch(/nobody-has-issued-this/);
  });

  it('takes a user without permissions for no failure', async () => {
    const { code, words } = await doctor(certificateData, '--as=nobody-in-particular');
    expect(words).toContain('as "nobody-in-particular" (--as)');
    expect(words).toMatch(/ok identity (?:probably )?nobody-in-particular\b/);
    expect(code).toBe(0);
  });
});
