import { describe, expect, it } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import type { Credential } from '../../../src/credentials/credentials.ts';
import { identityOf, reviewedUser } from '../../../src/credentials/identity.ts';
import { impersonated } from '../../../src/credentials/impersonated.ts';
import { HeaderList } from '../../../src/http1/header-list.ts';

const NOTHING: Credential = { authorization: undefined, clientCertificate: undefined };

function bearer(claims: unknown): Credential {
  const part = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return { ...NOTHING, authorization: `Bearer head.${part}.signature` };
}

describe('who a credential proves', () => {
  it.each([
    [[], ['system:authenticated']],
    [['dev'], ['dev', 'system:authenticated']],
    [
      ['dev', 'ops'],
      ['dev', 'ops', 'system:authenticated'],
    ],
  ])(
    'reads a certificate as kube-apiserver does, with the organisations %j',
    (organizations, groups) => {
      const pair = mintAuthority({ commonName: 'ca' }).issueClient({
        commonName: 'jürgen',
        organizations,
      });
      // A token beside it is not looked at.
      const credential = { ...bearer({ sub: 'somebody-else' }), clientCertificate: pair };
      expect(identityOf(credential)).toEqual({
        user: { username: 'jürgen', groups },
        source: 'client certificate',
      });
    },
  );

  it("reads a service account's token", () => {
    const claims = {
      sub: 'system:serviceaccount:web:deployer',
      'kubernetes.io': { serviceaccount: { name: 'deployer', uid: 'u-1' } },
    };
    expect(identityOf(bearer(claims))).toEqual({
      user: {
        username: 'system:serviceaccount:web:deployer',
        uid: 'u-1',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:web', 'system:authenticated'],
      },
      source: 'token claims',
    });
  });

  it("reads a provider's token as kube-apiserver does by default", () => {
    expect(identityOf(bearer({ iss: 'https://id.example', sub: 'alice' })).user).toEqual({
      username: 'https://id.example#alice',
      groups: ['system:authenticated'],
    });
  });

  it('reads the user name of basic authentication, and never the password', () => {
    const authorization = `Basic ${Buffer.from('admin:hunter2:3').toString('base64')}`;
    expect(identityOf({ ...NOTHING, authorization })).toEqual({
      user: { username: 'admin', groups: ['system:authenticated'] },
      source: 'kubeconfig',
    });
  });

  it('knows that nothing proves nobody', () => {
    expect(identityOf(NOTHING).user.username).toBe('system:anonymous');
  });

  it.each([
    ['an opaque token', { ...NOTHING, authorization: 'Bearer abc.def' }],
    ['three parts that are no JWT', { ...NOTHING, authorization: 'Bearer a.b.c' }],
    ['claims without a subject', bearer({ iss: 'x' })],
    ['claims that are a list', bearer([1])],
    ['claims that are null', bearer(null)],
    ['a broken certificate', { ...NOTHING, clientCertificate: { cert: 'x', key: 'y' } }],
  ])('says that it does not know of %s', (_, credential) => {
    expect(identityOf(credential)).toEqual({
      user: { username: 'system:unknown', groups: [] },
      source: 'unknown',
    });
  });
});

describe('the answer to a SelfSubjectReview', () => {
  it('is read whole', () => {
    const userInfo = { username: 'a', uid: 'u', groups: ['g'], extra: { 'x.io/y': ['1', '2'] } };
    expect(reviewedUser(JSON.stringify({ status: { userInfo } }))).toEqual({
      username: 'a',
      uid: 'u',
      groups: ['g'],
      extra: new Map([['x.io/y', ['1', '2']]]),
    });
  });

  it.each(['', 'null', '[]', '{"status":{}}', '{"status":{"userInfo":{"username":7}}}', 'no JSON'])(
    'of %j names nobody',
    (text) => {
      expect(reviewedUser(text)).toBeUndefined();
    },
  );

  it('leaves out what is of another shape', () => {
    const userInfo = { username: 'a', uid: 1, groups: 'g', extra: { x: 'y', z: [1, 'w'] } };
    expect(reviewedUser(JSON.stringify({ status: { userInfo } }))).toEqual({
      username: 'a',
      uid: undefined,
      groups: [],
      extra: new Map([
        ['x', []],
        ['z', ['w']],
      ]),
    });
  });
});

describe('whom a request acts for', () => {
  const headers = (...flat: string[]) => HeaderList.of(...flat);

  it.each<[string, string[], string, string[]]>([
    ['a user', ['Impersonate-User', 'bob'], 'bob', ['system:authenticated']],
    [
      'a user in groups',
      ['Impersonate-User', 'bob', 'Impersonate-Group', 'a, b', 'Impersonate-Group', 'c'],
      'bob',
      ['a, b', 'c', 'system:authenticated'],
    ],
    [
      'a service account',
      ['Impersonate-User', 'system:serviceaccount:ns:sa'],
      'system:serviceaccount:ns:sa',
      ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated'],
    ],
    [
      'a service account in a group',
      ['Impersonate-User', 'system:serviceaccount:ns:sa', 'Impersonate-Group', 'a'],
      'system:serviceaccount:ns:sa',
      ['a', 'system:authenticated'],
    ],
    [
      'nobody',
      ['Impersonate-User', 'system:anonymous'],
      'system:anonymous',
      ['system:unauthenticated'],
    ],
    [
      'somebody who is said to be unauthenticated',
      ['Impersonate-User', 'bob', 'Impersonate-Group', 'system:unauthenticated'],
      'bob',
      ['system:unauthenticated'],
    ],
    [
      'a name in UTF-8',
      ['Impersonate-User', 'J\u00c3\u00bcrgen'],
      'Jürgen',
      ['system:authenticated'],
    ],
  ])('%s', (_, flat, username, groups) => {
    expect(impersonated(undefined, headers(...flat))).toMatchObject({ username, groups });
  });

  it('reads extra fields, their keys as they were escaped', () => {
    const found = impersonated(
      undefined,
      headers(
        ...['Impersonate-User', 'bob', 'Impersonate-Uid', 'u'],
        ...['Impersonate-Extra-Acme.io%2Fproject', 'x', 'impersonate-extra-acme.io%2fproject', 'y'],
        ...['Impersonate-Extra-50%', 'z'],
      ),
    );
    expect(found?.uid).toBe('u');
    expect(found?.extra).toEqual(
      new Map([
        ['acme.io/project', ['x', 'y']],
        ['50%', ['z']],
      ]),
    );
  });

  it('takes whom the configuration names', () => {
    const configured = { user: 'ci', uid: undefined, groups: ['g'], extra: new Map() };
    const found = impersonated(configured, headers('Impersonate-User', 'bob'));
    expect(found).toMatchObject({ username: 'ci', groups: ['g', 'system:authenticated'] });
  });

  it('is nobody else without a name', () => {
    expect(impersonated(undefined, headers('Impersonate-Group', 'x'))).toBeUndefined();
    expect(impersonated(undefined, headers('Impersonate-User', ''))).toBeUndefined();
  });
});
