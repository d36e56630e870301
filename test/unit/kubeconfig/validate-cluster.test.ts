import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { base64, config, ecPair, folder, HTTPS, load, messageOf } from './support.ts';

const ec = ecPair();

const FILES = { 'ec.crt': ec.cert, 'ec.key': ec.key, garbage: 'garbage', empty: '' };

/** Loads a kubeconfig with this cluster, whose lines may name the files above. */
function loadEntry(cluster: string, user?: string) {
  const dir = folder({ ...FILES, config: config(cluster, user) });
  return { dir, run: () => load(dir, { kubeconfig: 'config' }) };
}

const proxy = (url: string) => `${HTTPS}\nproxy-url: ${url}`;
const authority = (lines: string) => `${HTTPS}\n${lines}`;

describe('a cluster is refused', () => {
  it.each<[string, string, string]>([
    [
      'proxy-url of another scheme',
      proxy('ftp://x'),
      `invalid 'proxy-url' "ftp://x" for cluster "c": unsupported scheme "ftp", must be http, https, or socks5`,
    ],
    [
      'proxy-url that is none',
      proxy('"::"'),
      `invalid 'proxy-url' "::" for cluster "c": could not parse it`,
    ],
    [
      'proxy-url without host',
      proxy('socks5://'),
      `invalid 'proxy-url' "socks5://" for cluster "c": it has no host`,
    ],
    [
      'proxy-url with a password, not shown',
      proxy('ftp://me:s3cret@x'),
      `invalid 'proxy-url' "...@x" for cluster "c": unsupported scheme "ftp", must be http, https, or socks5`,
    ],
    [
      'two CAs',
      authority(`certificate-authority: ec.crt\ncertificate-authority-data: ${base64(ec.cert)}`),
      'certificate-authority-data and certificate-authority are both specified for c; keep one of them',
    ],
    [
      'a missing CA',
      authority('certificate-authority: nope'),
      'unable to read certificate-authority DIR/nope for c due to open DIR/nope: no such file or directory; check the path',
    ],
    [
      'a CA that is a directory; check the path',
      authority('certificate-authority: .'),
      'unable to read certificate-authority DIR for c due to read DIR: is a directory; check the path',
    ],
    [
      'a CA of garbage',
      authority('certificate-authority: garbage'),
      'unable to load root certificates: unable to parse bytes as PEM block',
    ],
    [
      'a CA that is a key',
      authority('certificate-authority: ec.key'),
      'unable to load root certificates: no valid certificate authority data seen',
    ],
    [
      'CA data of garbage',
      authority(`certificate-authority-data: ${base64('garbage')}`),
      'unable to load root certificates: unable to parse bytes as PEM block',
    ],
    [
      'an empty CA file',
      authority('certificate-authority: empty'),
      'unable to load root certificates: certificate-authority is empty',
    ],
    [
      'empty CA data',
      authority('certificate-authority-data: ""'),
      'unable to load root certificates: certificate-authority is empty',
    ],
    [
      'a CA and insecure',
      authority('certificate-authority: ec.crt\ninsecure-skip-tls-verify: true'),
      'specifying a root certificates file with the insecure flag is not allowed (cluster "c")',
    ],
    [
      'CA data and insecure',
      authority(`certificate-authority-data: ${base64(ec.cert)}\ninsecure-skip-tls-verify: true`),
      'specifying a root certificates file with the insecure flag is not allowed (cluster "c")',
    ],
    [
      'a tls-server-name that is no name',
      authority('tls-server-name: "a\\r\\nb"'),
      'tls-server-name of cluster "c" is not a host name',
    ],
    [
      'a server with userinfo',
      'server: https://me:s3cret@x',
      'cluster "c": server holds user information',
    ],
    [
      'a server of another scheme',
      'server: ftp://x',
      'cluster "c": server "ftp://x" has scheme "ftp"; it must be https or http',
    ],
  ])('%s', (_, cluster, message) => {
    const { dir, run } = loadEntry(cluster);
    const shown = messageOf(run);
    expect(shown).toContain(`${join(dir, 'config')}: ${message.replaceAll('DIR', dir)}`);
    expect(shown).not.toContain('s3cret');
  });

  it.each([
    ['a CA file', authority('certificate-authority: ec.crt')],
    ['CA data', authority(`certificate-authority-data: ${base64(ec.cert)}`)],
    [
      'a CA file and empty data',
      authority('certificate-authority: ec.crt\ncertificate-authority-data: ""'),
    ],
    [
      'insecure with empty data',
      authority('insecure-skip-tls-verify: true\ncertificate-authority-data: ""'),
    ],
    [
      'http with a CA of garbage, which nothing uses',
      'server: http://x\ncertificate-authority: garbage',
    ],
    ['a socks5 proxy', proxy('socks5://me:pw@p:1080')],
  ])('but not for %s', (_, cluster) => {
    expect(loadEntry(cluster).run).not.toThrow();
  });
});
