import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  type Access,
  clientKubeconfig,
  clientUrl,
  MARK,
} from '../../../src/commands/client-kubeconfig.ts';
import { readYaml } from '../../../src/kubeconfig/yaml.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE-----\n';

function written(access: Partial<Access>): Promise<string> {
  return clientKubeconfig({
    url: 'http://127.0.0.1:8001',
    ca: undefined,
    token: undefined,
    namespace: undefined,
    ...access,
  });
}

describe('clientKubeconfig', () => {
  it('over plain HTTP has no credentials, and asks for no verification', async () => {
    const text = await written({ url: 'http://127.0.0.1:8001/k8s' });
    expect(parse(text)).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'porthole',
      contexts: [{ name: 'porthole', context: { cluster: 'porthole', user: 'porthole' } }],
      clusters: [
        {
          name: 'porthole',
          cluster: { server: 'http://127.0.0.1:8001/k8s', 'insecure-skip-tls-verify': true },
        },
      ],
      users: [{ name: 'porthole', user: {} }],
    });
  });

  it('over TLS has the authority and the token', async () => {
    const text = await written({ url: 'https://localhost:8001', ca: PEM, token: 'abc' });
    expect(parse(text)).toMatchObject({
      clusters: [
        {
          name: 'porthole',
          cluster: {
            server: 'https://localhost:8001',
            'certificate-authority-data': Buffer.from(PEM).toString('base64'),
          },
        },
      ],
      users: [{ name: 'porthole', user: { token: 'abc' } }],
    });
    expect(text).not.toContain('insecure');
  });

  it('over TLS without an authority of ours leaves clients to their roots', async () => {
    const { clusters } = parse(await written({ url: 'https://localhost:8001', token: 'abc' }));
    expect(clusters).toEqual([{ name: 'porthole', cluster: { server: 'https://localhost:8001' } }]);
  });

  it('over TLS without a token has a certificate of nobody, lest kubectl asks for a user name', async () => {
    const [{ user }] = parse(await written({ url: 'https://localhost:8001', ca: PEM })).users;
    expect(Object.keys(user)).toEqual(['client-certificate-data', 'client-key-data']);
    const certificate = new X509Certificate(Buffer.from(user['client-certificate-data'], 'base64'));
    expect(certificate.subject).toBe('CN=nobody');
  });

  it('refuses a token without TLS, which clients would not send, and does not show it', async () => {
    await expect(written({ token: 's3cret' })).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: 'clients send a token over TLS alone; add --tls',
    });
  });

  it('begins with a line that says who wrote it', async () => {
    const [first = ''] = (await written({})).split('\n');
    expect(first.startsWith(MARK)).toBe(true);
    expect(first).toContain("'porthole kubeconfig'");
  });

  it.each(['on', 'no', 'y', '12', '1e3', '0x1f', '2001-12-14', 'null', 'team-a'])(
    'namespace %s stays a string in YAML 1.1 and 1.2',
    async (namespace) => {
      const text = await written({ namespace });
      expect(parse(text).contexts[0].context.namespace).toBe(namespace);
      const [context] =
        (readYaml(text) as Map<string, Map<string, Map<string, unknown>>[]>).get('contexts') ?? [];
      expect(context?.get('context')?.get('namespace')).toBe(namespace);
    },
  );

  it('keeps long data on one line', async () => {
    const ca = PEM.repeat(50);
    const { length } = (
      await written({ url: 'https://[::1]:1', ca, token: 'a b '.repeat(50) })
    ).split('\n');
    const short = await written({ url: 'https://[::1]:1', ca: PEM, token: 'a' });
    expect(length).toBe(short.split('\n').length);
  });
});

describe('clientUrl', () => {
  it.each([
    { address: '127.0.0.1', apiPrefix: '/', tls: false, url: 'http://127.0.0.1:8001' },
    { address: '127.0.0.1', apiPrefix: '/k8s/', tls: true, url: 'https://127.0.0.1:8001/k8s' },
    { address: 'localhost', apiPrefix: '/a/b', tls: false, url: 'http://localhost:8001/a/b' },
    { address: '::1', apiPrefix: '/', tls: true, url: 'https://[::1]:8001' },
    { address: '0.0.0.0', apiPrefix: '/', tls: false, url: 'http://127.0.0.1:8001' },
    { address: '::', apiPrefix: '/', tls: false, url: 'http://[::1]:8001' },
    { address: '0:0:0:0:0:0:0:0', apiPrefix: '/', tls: false, url: 'http://[::1]:8001' },
    { address: '10.0.0.1', apiPrefix: '/', tls: true, url: 'https://10.0.0.1:8001' },
    { address: 'fe80::1%eth0', apiPrefix: '/', tls: true, url: 'https://[fe80::1%25eth0]:8001' },
  ])('$address and $apiPrefix, TLS $tls: $url', ({ url, ...place }) => {
    expect(clientUrl({ ...place, port: 8001 })).toBe(url);
  });
});
