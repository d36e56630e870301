import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { oidcSource } from '../../src/credentials/oidc/source.ts';
import { parseKubeconfig } from '../../src/kubeconfig/parse.ts';
import { persistAuthProvider } from '../../src/kubeconfig/persist/persist.ts';
import { createFetchText } from '../../src/upstream/fetch-text.ts';
import {
  type Answer,
  idToken,
  json,
  type OidcProvider,
  redirect,
  startOidcProvider,
} from '../support/oidc-provider.ts';

const fetchText = createFetchText({ chooseProxy: () => undefined, sslCertFile: undefined });
const soon = (): number => Math.floor(Date.now() / 1000) + 3_600;

/** A provider, a kubeconfig with a refresh token for it, and what porthole makes of the file each time it starts. */
async function start(more: readonly string[] = []) {
  const provider = await startOidcProvider();
  const folder = mkdtempSync(join(tmpdir(), 'porthole-oidc-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'config');
  const lines = [
    '# written by hand',
    'users:',
    '- name: alice',
    '  user:',
    '    auth-provider:',
    '      name: oidc',
    '      config:',
    `        idp-issuer-url: ${provider.issuer} # ours`,
    '        client-id: "me"',
    '        client-secret: s3cret-pw',
    `        idp-certificate-authority-data: ${Buffer.from(provider.ca).toString('base64')}`,
    '        refresh-token: r0',
    ...more,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  const warnings: string[] = [];
  const load = () => {
    const config = parseKubeconfig(readFileSync(file, 'utf8'), file).users.get('alice')
      ?.authProvider?.config;
    if (config === undefined) throw new Error('no auth provider');
    const source = oidcSource({
      config,
      fetchText,
      persist: (changes) =>
        persistAuthProvider({ file, userName: 'alice', changes, lockAll: [file], lockWaitMs: 0 }),
      warn: (sentence) => warnings.push(sentence),
      now: Date.now,
    });
    return { config, source };
  };
  return { provider, folder, file, lines, load, warnings };
}

/** Each refresh token is good for one grant. */
function rotating(provider: OidcProvider): Answer {
  let current = 'r0';
  let count = 0;
  return (request, response) => {
    const isGood =
      request.basic === 'me:s3cret-pw' && request.form.get('refresh_token') === current;
    if (!isGood) return json(400, { error: 'invalid_grant' })(request, response);
    count += 1;
    current = `r${count}`;
    const id_token = idToken({ exp: soon(), iss: provider.issuer, n: count });
    return json(200, { access_token: 'a', id_token, refresh_token: current })(request, response);
  };
}

describe('C22: tokens of an OIDC provider', () => {
  it('outlive porthole: the kubeconfig always has the refresh token that is good', async () => {
    const { provider, folder, file, lines, load, warnings } = await start();
    provider.token = rotating(provider);
    const first = load().source;
    await first.obtain();
    await first.obtain();
    const { config, source } = load();
    expect(config.get('refresh-token')).toBe('r2');
    expect((await source.obtain()).credential.authorization).toBe(
      `Bearer ${config.get('id-token')}`,
    );
    expect(provider.grants).toHaveLength(2);
    await source.obtain();
    expect(load().config.get('refresh-token')).toBe('r3');
    expect(warnings).toEqual([]);
    const kept = readFileSync(file, 'utf8')
      .split('\n')
      .slice(0, lines.length - 1);
    expect(kept).toEqual(lines.slice(0, -1));
    expect(readdirSync(folder)).toEqual(['config']);
  });

  it('are fetched from a provider that takes the client only in the form', async () => {
    const { provider, load } = await start();
    provider.token = (request, response) => {
      const isGood =
        request.basic === undefined &&
        request.form.get('client_id') === 'me' &&
        request.form.get('client_secret') === 's3cret-pw';
      const answer = isGood
        ? json(200, { access_token: 'a', id_token: idToken({ exp: soon() }) })
        : json(401, { error: 'invalid_client' });
      answer(request, response);
    };
    const { source } = load();
    await source.obtain();
    await source.obtain();
    expect(provider.grants.map(({ basic }) => basic)).toEqual([
      'me:s3cret-pw',
      undefined,
      undefined,
    ]);
  });

  it('are used also while another program holds the lock of the kubeconfig', async () => {
    const { provider, file, load, warnings } = await start();
    provider.token = rotating(provider);
    writeFileSync(`${file}.lock`, '');
    const { source } = load();
    await source.obtain();
    expect(warnings).toEqual([
      expect.stringMatching(/^could not persist new tokens: the lock file .*config\.lock is held/),
    ]);
    rmSync(`${file}.lock`);
    await source.obtain();
    expect(load().config.get('refresh-token')).toBe('r2');
  });

  it('are asked for only where discovery leads over https', async () => {
    const { provider, load } = await start();
    provider.discovery = redirect(301, '/moved');
    provider.other = json(200, { token_endpoint: 'http://tokens.example.com/' });
    await expect(load().source.obtain()).rejects.toThrow(/must begin with https:/);
    expect(provider.requests.map(({ path }) => path)).toEqual([
      '/.well-known/openid-configuration',
      '/moved',
    ]);
  });

  it('never follow a redirect to another origin', async () => {
    const { provider, load } = await start();
    const thief = await startOidcProvider();
    provider.token = redirect(307, `${thief.issuer}/token`);
    await expect(load().source.obtain()).rejects.toThrow(/where the refresh token may not follow/);
    expect(thief.requests).toEqual([]);
  });

  it.each<[string, Answer, RegExp]>([
    [
      '400',
      json(400, { error: 'invalid_grant', error_description: 'r0 expired for s3cret-pw' }),
      /"invalid_grant"/,
    ],
    ['500', json(500, {}), /^failed to refresh token: oauth2: cannot fetch token: 500 "{}"$/],
    [
      'far too much',
      (_, response) => response.end(Buffer.alloc(2 * 1024 * 1024, 's3cret-pw')),
      /answered with more than 1 MiB$/,
    ],
    ['nothing', (_, response) => void response.destroy(), /closed the connection/],
    [
      'no ID token',
      json(200, { access_token: 'a' }),
      /^token response did not contain an id_token/,
    ],
  ])('stay as they were after %s', async (_, answer, message) => {
    const { provider, folder, file, load } = await start();
    provider.token = answer;
    const before = readFileSync(file, 'utf8');
    const error = await load()
      .source.obtain()
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'ERR_CREDENTIALS',
      message: expect.stringMatching(message),
    });
    expect((error as Error).message).not.toMatch(/s3cret/);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(readdirSync(folder)).toEqual(['config']);
  });

  it('are not waited for after the source is closed', async () => {
    const { provider, load } = await start();
    const { source } = load();
    provider.token = () => source.close();
    await expect(source.obtain()).rejects.toThrow(/is not asked any more$/);
  });
});
