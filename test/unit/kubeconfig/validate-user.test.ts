import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { base64, config, ecPair, folder, HTTPS, load, messageOf, NOW, rsaPair } from './support.ts';

const ec = ecPair();
const day = (n: number) => new Date(NOW.getTime() + n * 24 * 60 * 60 * 1000);
const rsa = rsaPair(day(-10), day(10));

const FILES = {
  'ec.crt': ec.cert,
  'ec.key': ec.key,
  'rsa.crt': rsa.cert,
  'rsa.key': rsa.key,
  garbage: 'garbage',
  empty: '',
};

/** The lines of a cluster or user may name the files above. */
function loadEntry(cluster: string, user?: string) {
  const dir = folder({ ...FILES, config: config(cluster, user) });
  return { dir, run: () => load(dir, { kubeconfig: 'config' }) };
}

const exec = (fields: string) => `exec: {${fields}}`;
const V1 = 'apiVersion: client.authentication.k8s.io/v1';

describe('a user is refused', () => {
  const data = (cert: string, key: string) =>
    `client-certificate-data: ${base64(cert)}\nclient-key-data: ${base64(key)}`;
  it.each<[string, string, string]>([
    [
      'two certificates',
      `client-certificate: ec.crt\n${data(ec.cert, ec.key)}`,
      'client-cert-data and client-cert are both specified for u; keep one',
    ],
    [
      'two keys',
      `client-key: ec.key\n${data(ec.cert, ec.key)}`,
      'client-key-data and client-key are both specified for u; keep one',
    ],
    [
      'a certificate without key',
      'client-certificate: ec.crt',
      'client-key-data or client-key must be specified for u to use the clientCert authentication method',
    ],
    [
      'a key without certificate',
      'client-key: ec.key',
      'client-cert-data or client-cert must be specified for u: a client key alone proves nothing',
    ],
    [
      'key data without certificate',
      `client-key-data: ${base64(ec.key)}`,
      'client-cert-data or client-cert must be specified for u: a client key alone proves nothing',
    ],
    [
      'a missing certificate',
      'client-certificate: nope\nclient-key: ec.key',
      'unable to read client-cert DIR/nope for u due to open DIR/nope: no such file or directory; check the path',
    ],
    [
      'a missing key',
      'client-certificate: ec.crt\nclient-key: nope',
      'unable to read client-key DIR/nope for u due to open DIR/nope: no such file or directory; check the path',
    ],
    [
      'a certificate of garbage',
      'client-certificate: garbage\nclient-key: ec.key',
      'the client certificate is not a PEM certificate (user "u")',
    ],
    [
      'a key of garbage',
      `client-certificate: ec.crt\nclient-key-data: ${base64('s3cret')}`,
      'the client key is not a PEM private key (user "u")',
    ],
    [
      "another certificate's key",
      data(rsa.cert, ec.key),
      'the client key does not belong to the client certificate (user "u")',
    ],
    [
      'token and basic',
      'token: s3cret\nusername: me',
      'more than one authentication method found for u; found [token basicAuth], only one is allowed',
    ],
    [
      'token and password',
      'token: s3cret\npassword: s3cret',
      'more than one authentication method found for u; found [token basicAuth], only one is allowed',
    ],
    [
      'tokenFile and basic',
      'tokenFile: garbage\nusername: me',
      'more than one authentication method found for u; found [token basicAuth], only one is allowed',
    ],
    [
      'exec and auth-provider',
      `auth-provider: {name: oidc}\n${exec(`${V1}, command: a, interactiveMode: Never`)}`,
      'authProvider cannot be provided in combination with an exec plugin for u',
    ],
    [
      'exec without command',
      exec(`${V1}, interactiveMode: Never`),
      'command must be specified for u to use exec authentication plugin',
    ],
    [
      'exec without apiVersion',
      exec('command: a, interactiveMode: Never'),
      'apiVersion must be specified for u to use exec authentication plugin',
    ],
    [
      'exec with a nameless variable',
      exec(`${V1}, command: a, interactiveMode: Never, env: [{value: s3cret}]`),
      'env variable name must be specified for u to use exec authentication plugin',
    ],
    [
      'exec v1 without interactiveMode',
      exec(`${V1}, command: a`),
      'interactiveMode must be specified for u to use exec authentication plugin',
    ],
    [
      'exec with another interactiveMode',
      exec(`${V1}, command: a, interactiveMode: Often`),
      'invalid interactiveMode for u: "Often"; it is Never, IfAvailable or Always',
    ],
    [
      'as-uid without as',
      'as-uid: "1"',
      'requesting uid, groups or user-extra for u without impersonating a user',
    ],
    [
      'as-groups without as',
      'as-groups: [a]',
      'requesting uid, groups or user-extra for u without impersonating a user',
    ],
    [
      'as-user-extra without as',
      'as-user-extra: {k: [v]}',
      'requesting uid, groups or user-extra for u without impersonating a user',
    ],
    [
      'a missing tokenFile',
      'tokenFile: nope',
      'unable to read tokenFile for u due to open DIR/nope: no such file or directory; check the path',
    ],
    [
      'an empty tokenFile',
      'tokenFile: empty',
      'read empty token from file "DIR/empty" of user "u"',
    ],
    ['a tokenFile of two lines', 'tokenFile: ec.crt', 'the token in DIR/ec.crt holds a line break'],
    [
      'a token with a line break',
      'token: "s3cret\\r\\nX: y"',
      'token of user "u" holds a line break',
    ],
    ['a token that ends with one', 'token: |\n  s3cret', 'token of user "u" holds a line break'],
    ['a token with NUL', 'token: "s3cret\\0"', 'token of user "u" holds a line break'],
    ['a token beyond Latin-1', 'token: "s3cret\u20ac"', 'token of user "u" holds a line break'],
    ['as', 'as: "s3cret\\n"', 'as of user "u" holds a line break'],
    ['as-uid', 'as: a\nas-uid: "s3cret\\n"', 'as-uid of user "u" holds a line break'],
    ['as-groups', 'as: a\nas-groups: [b, "s3cret\\r"]', 'as-groups of user "u" holds a line break'],
    [
      'as-user-extra',
      'as: a\nas-user-extra: {k: ["s3cret\\n"]}',
      'as-user-extra of user "u" holds a line break',
    ],
  ])('%s', (_, user, message) => {
    const { dir, run } = loadEntry(HTTPS, user);
    const shown = messageOf(run);
    expect(shown).toContain(`${join(dir, 'config')}: ${message.replaceAll('DIR', dir)}`);
    expect(shown).not.toContain('s3cret');
  });

  it.each([
    ['an RSA pair as data', data(rsa.cert, rsa.key)],
    ['an EC pair as files', 'client-certificate: ec.crt\nclient-key: ec.key'],
    ['data and file mixed', `client-certificate-data: ${base64(ec.cert)}\nclient-key: ec.key`],
    ['a pair and a token', `token: t\n${data(ec.cert, ec.key)}`],
    ['a token and a tokenFile that is missing', 'token: t\ntokenFile: nope'],
    ['a token and an empty tokenFile', 'token: t\ntokenFile: empty'],
    ['a password of any characters', 'username: "m\u20ac"\npassword: "a\\nb"'],
    ['a token with Latin-1', 'token: "t\u00e9"'],
  ])('but not for %s', (_, user) => {
    expect(loadEntry(HTTPS, user).run().warnings).toEqual([]);
  });

  it('all problems are told at once', () => {
    const message = messageOf(
      loadEntry(`${HTTPS}\nproxy-url: ftp://x`, 'token: t\nusername: me\nas-uid: "1"').run,
    );
    expect(message).toMatch(
      /^3 problems: \[\(1\) .*more than one.*, \(2\) .*requesting uid.*, \(3\) .*proxy-url.*\]$/,
    );
  });

  it('a plain http server needs no tokenFile', () => {
    expect(loadEntry('server: http://x', 'tokenFile: nope').run).not.toThrow();
  });
});

describe('the dates of a client certificate', () => {
  it.each([
    ['expired', -10, -1, 'the client certificate of user "u" expired on 2029-12-31T00:00:00Z'],
    [
      'about to expire',
      -10,
      0.5,
      'the client certificate of user "u" expires on 2030-01-01T12:00:00Z',
    ],
    [
      'not valid yet',
      1,
      10,
      'the client certificate of user "u" is not valid before 2030-01-02T00:00:00Z',
    ],
  ])('%s is a warning', (_, from, to, warning) => {
    const { cert, key } = rsaPair(day(from), day(to));
    const dir = folder({
      cert,
      key,
      config: config(HTTPS, 'client-certificate: cert\nclient-key: key'),
    });
    expect(load(dir, { kubeconfig: 'config' }).warnings).toEqual([warning]);
  });
});
