import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import type { TextRequest, TextResponse } from '../../../src/credentials/oidc/fetch-text.ts';
import { oidcSource } from '../../../src/credentials/oidc/source.ts';
import { PortholeError } from '../../../src/errors.ts';
import { idToken } from '../../support/oidc-provider.ts';

const NOW = Date.parse('2030-01-01T00:00:00Z');
const at = (seconds: number): number => NOW / 1000 + seconds;
const HOUR = 3_600;
const ISSUER = 'https://id.example.com/realms/x';

const answer = (body: unknown, status = 200): TextResponse => ({
  status,
  statusText: '',
  contentType: 'application/json; charset=utf-8',
  location: undefined,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

const DISCOVERY = answer({ issuer: ISSUER, token_endpoint: 'https://tokens.example.com/t' });

/** A source whose provider answers grants with `grants`, in order, the last one again and again. */
function start(config: Readonly<Record<string, string>>, ...grants: (TextResponse | Error)[]) {
  const requests: TextRequest[] = [];
  const persisted: ReadonlyMap<string, string>[] = [];
  const warnings: string[] = [];
  const world = { now: NOW, discovery: DISCOVERY, persist: async () => {} };
  let count = 0;
  const source = oidcSource({
    config: new Map(
      Object.entries({
        'idp-issuer-url': ISSUER,
        'client-id': 'me',
        'client-secret': 'pw',
        ...config,
      }),
    ),
    fetchText: async (request) => {
      requests.push(request);
      if (request.method === 'GET') return world.discovery;
      const given = grants[Math.min(count++, grants.length - 1)];
      if (given === undefined) return await new Promise((_, reject) => hang(request, reject));
      if (given instanceof Error) throw given;
      return given;
    },
    persist: async (changes) => {
      persisted.push(changes);
      await world.persist();
    },
    warn: (sentence) => warnings.push(sentence),
    now: () => world.now,
  });
  const posts = () => requests.filter(({ method }) => method === 'POST');
  return { source, requests, posts, persisted, warnings, world };
}

function hang({ signal }: TextRequest, reject: (reason: unknown) => void): void {
  signal.addEventListener('abort', () => reject(signal.reason));
}

const bearer = (token: string) => ({
  authorization: `Bearer ${token}`,
  clientCertificate: undefined,
});

const OLD = idToken({ exp: at(-HOUR) });
const GOOD = idToken({ exp: at(HOUR) });
const NEW = idToken({ exp: at(2 * HOUR), iat: at(0) });

describe('oidcSource', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    ['an issuer', { 'idp-issuer-url': '' }, /^Must provide idp-issuer-url/],
    ['a client', { 'client-id': '' }, /^Must provide client-id/],
    ['base64', { 'idp-certificate-authority-data': 'a' }, /^illegal base64 data in idp-cert/],
    ['certificates', { 'idp-certificate-authority-data': 'Zm9v' }, /^unable to load root cert/],
    ['a CA file that is there', { 'idp-certificate-authority': '/no/ca' }, /"\/no\/ca".*ENOENT/],
    ['a CA file that ends', { 'idp-certificate-authority': '/dev/zero' }, /cannot read the file/],
  ])('wants %s at once', (_, config, message) => {
    expect(() => start(config)).toThrow(message);
    expect(() => start(config)).toThrow(PortholeError);
  });

  it('takes the CA from data before the file', async () => {
    const { pem } = mintAuthority({ commonName: 'ca' });
    const folder = mkdtempSync(join(tmpdir(), 'porthole-oidc-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'ca.pem');
    writeFileSync(file, `# of the provider\n${pem}`);
    const of = async (config: Record<string, string>) => {
      const { source, requests } = start(
        { 'refresh-token': 'r', ...config },
        answer({ id_token: NEW }),
      );
      await source.obtain();
      return requests.map(({ certificateAuthority }) => certificateAuthority);
    };
    const data = Buffer.from(pem).toString('base64');
    expect(await of({})).toEqual([undefined, undefined]);
    const named = { 'idp-certificate-authority': file };
    expect(await of(named)).toEqual([`# of the provider\n${pem}`, `# of the provider\n${pem}`]);
    expect(await of({ ...named, 'idp-certificate-authority-data': data })).toEqual([pem, pem]);
  });

  it('names itself without what a URL can hide', () => {
    const { source } = start({ 'idp-issuer-url': 'https://u:s3cret@id.example.com/x?k=s3cret' });
    expect(source.name).toBe('OIDC provider "https://id.example.com/x"');
  });
});

describe('an ID token at hand', () => {
  it('is used while it is valid, and nobody is asked', async () => {
    const { source, requests } = start({ 'id-token': GOOD, 'refresh-token': 'r' });
    expect(await source.obtain()).toEqual({
      credential: bearer(GOOD),
      expiresAt: NOW + HOUR * 1000,
    });
    expect(requests).toEqual([]);
  });

  it.each<[string, string]>([
    ['is over', OLD],
    ['is over in 10 s', idToken({ exp: at(10) })],
    ['has no end', idToken({})],
    ['is none', 'not-a-token'],
  ])('that %s is refreshed', async (_, token) => {
    const { source } = start(
      { 'id-token': token, 'refresh-token': 'r' },
      answer({ id_token: NEW }),
    );
    expect((await source.obtain()).credential).toEqual(bearer(NEW));
  });

  it('is refreshed when it is not what the API server accepts, whatever its date', async () => {
    const { source, posts } = start(
      { 'id-token': GOOD, 'refresh-token': 'r' },
      answer({ id_token: NEW }),
    );
    await source.obtain();
    expect((await source.obtain()).credential).toEqual(bearer(NEW));
    expect(posts()).toHaveLength(1);
    await source.obtain();
    expect(posts()).toHaveLength(2);
  });

  it.each<[string, string, RegExp]>([
    ['is over', OLD, /^No valid id-token, and cannot refresh without refresh-token/],
    ['is none', 'nothing', /^ID Token is not a valid JWT$/],
    ['is empty', '', /^No valid id-token/],
  ])('that %s, without a refresh token, is an error', async (_, token, message) => {
    const { source, requests } = start({ 'id-token': token });
    await expect(source.obtain()).rejects.toThrow(message);
    expect(requests).toEqual([]);
  });

  it('that nothing can refresh stays as long as it is valid', async () => {
    const { source, world } = start({ 'id-token': GOOD });
    await source.obtain();
    expect((await source.obtain()).credential).toEqual(bearer(GOOD));
    world.now += HOUR * 1000;
    await expect(source.obtain()).rejects.toThrow(/^No valid id-token/);
  });
});

describe('a refresh', () => {
  const refreshing = { 'id-token': OLD, 'refresh-token': 'r1' };

  it('asks the issuer, then its token endpoint', async () => {
    const { source, requests } = start(
      { ...refreshing, 'idp-issuer-url': `${ISSUER}/`, 'client-id': "a:b ~*'" },
      answer({ id_token: NEW }),
    );
    await source.obtain();
    const [discovery, grant] = requests;
    expect(discovery?.url.href).toBe(`${ISSUER}/.well-known/openid-configuration`);
    expect(discovery?.headers).not.toHaveProperty('authorization');
    expect(grant?.url.href).toBe('https://tokens.example.com/t');
    expect(grant?.body).toBe('grant_type=refresh_token&refresh_token=r1');
    const pair = Buffer.from('a%3Ab+~%2A%27:pw').toString('base64');
    expect(grant?.headers).toMatchObject({
      authorization: `Basic ${pair}`,
      'content-type': 'application/x-www-form-urlencoded',
    });
  });

  it('proves the client in the form when Basic is refused, and remembers that', async () => {
    const { source, posts } = start(
      refreshing,
      answer({ error: 'invalid_client' }, 401),
      answer({ id_token: NEW }),
    );
    await source.obtain();
    await source.obtain();
    const params = 'grant_type=refresh_token&refresh_token=r1&client_id=me&client_secret=pw';
    expect(posts().map(({ body }) => body)).toEqual([
      'grant_type=refresh_token&refresh_token=r1',
      params,
      params,
    ]);
    expect(posts().map(({ headers }) => 'authorization' in headers)).toEqual([true, false, false]);
  });

  it('sends no secret where there is none', async () => {
    const { source, posts } = start(
      { ...refreshing, 'client-secret': '' },
      answer({ error: 'invalid_client' }, 401),
      answer({ id_token: NEW }),
    );
    await source.obtain();
    expect(posts().at(-1)?.body).toMatch(/&client_id=me$/);
  });

  it.each<[string, TextResponse | Error, number]>([
    ['is refused', answer({ error: 'invalid_grant' }, 400), 2],
    ['fails', answer('oops', 500), 2],
    ['is too much', answer('slow down', 429), 1],
    ['is lost on the way', new PortholeError('ERR_UPSTREAM_CLOSED', 'gone'), 1],
  ])('sends the refresh token %s: so many times', async (_, given, times) => {
    const { source, posts, persisted } = start(refreshing, given);
    await expect(source.obtain()).rejects.toMatchObject({ code: 'ERR_CREDENTIALS' });
    expect(posts()).toHaveLength(times);
    expect(persisted).toEqual([]);
  });

  it('persists the tokens, then uses them', async () => {
    const { source, persisted, world } = start(
      refreshing,
      answer({ id_token: NEW, refresh_token: 'r2' }),
    );
    const order: string[] = [];
    world.persist = async () => void order.push('persisted');
    await source.obtain().then(() => order.push('used'));
    expect(order).toEqual(['persisted', 'used']);
    expect(persisted).toEqual([
      new Map([
        ['id-token', NEW],
        ['refresh-token', 'r2'],
      ]),
    ]);
  });

  it.each([[{}], [{ refresh_token: 'r1' }], [{ refresh_token: '' }]])(
    'leaves the refresh token alone after %o',
    async (more) => {
      const { source, persisted, posts } = start(refreshing, answer({ id_token: NEW, ...more }));
      await source.obtain();
      await source.obtain();
      expect(persisted[0]).toEqual(new Map([['id-token', NEW]]));
      expect(posts().at(-1)?.body).toMatch(/refresh_token=r1$/);
    },
  );

  it('goes on with tokens that could not be persisted, and says so', async () => {
    const { source, warnings, world, posts } = start(
      refreshing,
      answer({ id_token: NEW, refresh_token: 'r2' }),
    );
    world.persist = async () => {
      throw new PortholeError('ERR_CREDENTIALS', 'could not persist new tokens: it is locked');
    };
    expect((await source.obtain()).credential).toEqual(bearer(NEW));
    expect(warnings).toEqual([
      'could not persist new tokens: it is locked; they are used as long as porthole runs, but the kubeconfig has the old ones',
    ]);
    await source.obtain();
    expect(posts().at(-1)?.body).toMatch(/refresh_token=r2$/);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['no ID token', {}, /^token response did not contain an id_token, either the scope "openid"/],
    ['an ID token that is none', { id_token: 'opaque' }, /^ID Token is not a valid JWT$/],
  ])('keeps a new refresh token that comes with %s', async (_, body, message) => {
    const { source, persisted, posts } = start(
      refreshing,
      answer({ access_token: 'a', refresh_token: 'r2', ...body }),
    );
    await expect(source.obtain()).rejects.toThrow(message);
    expect(persisted).toEqual([new Map([['refresh-token', 'r2']])]);
    await expect(source.obtain()).rejects.toThrow(message);
    expect(posts().at(-1)?.body).toMatch(/refresh_token=r2$/);
  });

  it('reads a form, too', async () => {
    const body = `access_token=a&id_token=${NEW}`;
    const { source } = start(refreshing, { ...answer(body), contentType: 'text/plain' });
    expect((await source.obtain()).credential).toEqual(bearer(NEW));
  });

  it.each<[string, object, number | undefined]>([
    ['its end', { exp: at(HOUR) }, HOUR],
    ['no end', {}, undefined],
    ['an end that has passed by our clock, and no beginning', { exp: at(-HOUR) }, undefined],
    ['a life, by a clock 1 h behind', { iat: at(-HOUR), exp: at(-HOUR + 600) }, 600],
    ['a life, by a clock 1 h ahead', { iat: at(HOUR), exp: at(HOUR + 600) }, 600],
    ['5 s to live', { iat: at(0), exp: at(5) }, 5],
    ['an end before its beginning', { iat: at(50), exp: at(40) }, 40],
  ])('takes an ID token with %s for good until then', async (_, claims, seconds) => {
    const { source } = start(refreshing, answer({ id_token: idToken(claims) }));
    const { expiresAt } = await source.obtain();
    expect(expiresAt).toBe(seconds === undefined ? undefined : NOW + seconds * 1000);
  });

  it('warns once of an issuer that goes by another name', async () => {
    const { source, warnings, world } = start(refreshing, answer({ id_token: NEW }));
    world.discovery = answer({ issuer: 'https://other\n', token_endpoint: 'https://t' });
    await source.obtain();
    await source.obtain();
    expect(warnings).toEqual([
      `the OIDC provider calls itself "https://other\\u{a}", but idp-issuer-url says "${ISSUER}"; if the API server refuses its tokens, correct idp-issuer-url`,
    ]);
  });
});

describe('what goes wrong', () => {
  const refreshing = { 'refresh-token': 's3cret-refresh', 'client-secret': 's3cret-pw' };

  it.each<[string, TextResponse, RegExp]>([
    ['404', answer('<html>', 404), /^oidc: failed to query metadata endpoint 404: "<html>"$/],
    ['no JSON', answer('<html>'), /^oidc: failed to decode provider discovery object: not JSON/],
    ['no object', answer('null'), /^oidc: discovery object doesn't contain a token_endpoint$/],
    ['no endpoint', answer({ token_endpoint: '' }), /doesn't contain a token_endpoint$/],
    [
      'an endpoint in the clear',
      answer({ token_endpoint: 'http://tokens.example.com/' }),
      /^the token_endpoint of the discovery document "http:\/\/tokens.example.com\/" must begin with https:/,
    ],
    ['no URL', answer({ token_endpoint: 'tokens' }), /is not a URL$/],
    [
      'a redirect into the clear',
      { ...answer('', 302), location: 'http://id.example.com/' },
      /^the redirect of the discovery document .* must begin with https:/,
    ],
    ['redirects without end', { ...answer('x', 302), location: '#' }, /endpoint 302: "x"$/],
  ])('discovery with %s', async (_, discovery, message) => {
    const { source, world, posts } = start(refreshing, answer({ id_token: NEW }));
    world.discovery = discovery;
    await expect(source.obtain()).rejects.toThrow(message);
    expect(posts()).toEqual([]);
  });

  it.each(['http://id.example.com', 'ftp://id', 'nothing', 'https://a:b@id.example.com'])(
    'asks no issuer %s',
    async (issuer) => {
      const { source, requests } = start({ ...refreshing, 'idp-issuer-url': issuer });
      await expect(source.obtain()).rejects.toThrow(/^idp-issuer-url /);
      expect(requests).toEqual([]);
    },
  );

  it('asks one on this machine in the clear', async () => {
    const { source } = start(
      { ...refreshing, 'idp-issuer-url': 'http://127.0.0.1:5556/dex' },
      answer({ id_token: NEW }),
    );
    await source.obtain();
  });

  it.each<[string, TextResponse, string]>([
    [
      'a reason',
      answer({ error: 'invalid_grant', error_description: 'not s3cret-refresh\x1b' }, 400),
      'failed to refresh token: oauth2: "invalid_grant" "not [...]\\u{1b}"; the refresh token is used up or revoked: log in again',
    ],
    ['a reason with 200', answer({ error: 'slow' }), 'failed to refresh token: oauth2: "slow"'],
    [
      'another page',
      answer(`pw s3cret-pw ${'long '.repeat(50)}`, 500),
      `failed to refresh token: oauth2: cannot fetch token: 500 "pw [...] ${'long '.repeat(20).slice(0, 71)}..."`,
    ],
    ['no JSON', answer('hi'), 'failed to refresh token: oauth2: cannot parse the answer 200 "hi"'],
    [
      'a redirect to another origin',
      { ...answer('', 307), location: 'https://elsewhere.example.com/t' },
      'failed to refresh token: the token endpoint "https://tokens.example.com/t" redirects (307) where the refresh token may not follow',
    ],
    [
      'a redirect that makes it a GET',
      { ...answer('', 302), location: '/other' },
      'failed to refresh token: the token endpoint "https://tokens.example.com/t" redirects (302) where the refresh token may not follow',
    ],
  ])('a grant answered with %s', async (_, given, message) => {
    const { source, persisted } = start(refreshing, given);
    await expect(source.obtain()).rejects.toMatchObject({ code: 'ERR_CREDENTIALS', message });
    expect(persisted).toEqual([]);
  });

  it('follows a redirect of the token endpoint to its own origin', async () => {
    const { source, posts } = start(
      refreshing,
      { ...answer('', 308), location: '/other' },
      answer({ id_token: NEW }),
    );
    await source.obtain();
    expect(posts().map(({ url }) => url.pathname)).toEqual(['/t', '/other']);
    expect(posts()[1]?.body).toBe(posts()[0]?.body);
  });

  it('says that the grant was refused, and not what the other way of asking made of it', async () => {
    const { source } = start(
      refreshing,
      answer({ error: 'invalid_grant' }, 400),
      answer({ error: 'invalid_client' }, 401),
    );
    await expect(source.obtain()).rejects.toThrow(/invalid_grant/);
  });

  it('asks in both ways again once the one that worked does not', async () => {
    const { source, posts } = start(
      refreshing,
      answer({ error: 'invalid_client' }, 401),
      answer({ id_token: NEW }),
      answer({ error: 'invalid_client' }, 401),
      answer({ id_token: NEW }),
    );
    await source.obtain();
    await expect(source.obtain()).rejects.toThrow(/invalid_client/);
    await source.obtain();
    expect(posts().map(({ headers }) => 'authorization' in headers)).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });
});

describe('a provider that does not answer', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is given 30 s', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { source } = start({ 'refresh-token': 'r' });
    const failed = expect(source.obtain()).rejects.toMatchObject({
      code: 'ERR_CREDENTIALS_TIMEOUT',
      message: `the OIDC provider "${ISSUER}" has not answered within 30 s`,
    });
    await vi.advanceTimersByTimeAsync(29_999);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    await failed;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is left when the source is closed, and not asked again', async () => {
    const { source, requests } = start({ 'refresh-token': 'r' });
    const failed = expect(source.obtain()).rejects.toThrow(/is not asked any more$/);
    await vi.waitFor(() => expect(requests).toHaveLength(2));
    source.close();
    await failed;
    await expect(source.obtain()).rejects.toThrow(/is not asked any more$/);
    expect(requests).toHaveLength(2);
  });
});
