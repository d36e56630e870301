import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EMPTY_CLUSTER, EMPTY_USER } from '../../../src/kubeconfig/entries.ts';
import type { KubeconfigFlags } from '../../../src/kubeconfig/kubeconfig.ts';
import {
  overrideCluster,
  overrideNamespace,
  overrideUser,
} from '../../../src/kubeconfig/override.ts';

const CWD = '/cwd';

describe('overrideCluster', () => {
  const entry = {
    ...EMPTY_CLUSTER,
    server: 'https://a',
    tlsServerName: 'name',
    certificateAuthority: '/ca',
    certificateAuthorityData: 'data',
    proxyUrl: 'http://p',
  };
  it.each<[string, KubeconfigFlags, object]>([
    ['nothing', {}, {}],
    [
      'zero values',
      {
        server: '',
        tlsServerName: '',
        certificateAuthority: '',
        insecureSkipTlsVerify: false,
        proxyUrl: '',
        disableCompression: false,
      },
      {},
    ],
    [
      '--server, which takes the tls-server-name away',
      { server: 'https://b' },
      { server: 'https://b', tlsServerName: undefined },
    ],
    [
      '--server with --tls-server-name',
      { server: 'https://b', tlsServerName: 'n' },
      { server: 'https://b', tlsServerName: 'n' },
    ],
    ['--tls-server-name', { tlsServerName: 'n' }, { tlsServerName: 'n' }],
    [
      '--certificate-authority, which takes the data away',
      { certificateAuthority: 'x' },
      { certificateAuthority: join(CWD, 'x'), certificateAuthorityData: undefined },
    ],
    [
      '--insecure-skip-tls-verify, which takes the CA away',
      { insecureSkipTlsVerify: true },
      {
        insecureSkipTlsVerify: true,
        certificateAuthority: undefined,
        certificateAuthorityData: undefined,
      },
    ],
    [
      'both, for validation to refuse',
      { insecureSkipTlsVerify: true, certificateAuthority: '/x' },
      {
        insecureSkipTlsVerify: true,
        certificateAuthority: '/x',
        certificateAuthorityData: undefined,
      },
    ],
    [
      '--proxy-url and --disable-compression',
      { proxyUrl: 'http://q', disableCompression: true },
      { proxyUrl: 'http://q', disableCompression: true },
    ],
  ])('%s', (_, flags, changed) => {
    expect(overrideCluster(entry, flags, CWD)).toEqual({ ...entry, ...changed });
  });

  it.each<[KubeconfigFlags, boolean]>([
    [{ insecureSkipTlsVerify: false }, true],
    [{ certificateAuthority: 'x' }, false],
  ])('an insecure kubeconfig with %j stays insecure: %s', (flags, insecure) => {
    const insecureEntry = { ...EMPTY_CLUSTER, insecureSkipTlsVerify: true };
    expect(overrideCluster(insecureEntry, flags, CWD).insecureSkipTlsVerify).toBe(insecure);
  });

  it('disable-compression cannot be taken back', () => {
    const flags = { disableCompression: false };
    expect(
      overrideCluster({ ...entry, disableCompression: true }, flags, CWD).disableCompression,
    ).toBe(true);
  });
});

describe('overrideUser', () => {
  const entry = {
    ...EMPTY_USER,
    clientCertificateData: 'C',
    clientKeyData: 'K',
    token: 't',
    tokenFile: '/t',
    username: 'me',
    password: 'p',
    as: 'a',
    asUid: '1',
    asGroups: ['g'],
    asUserExtra: new Map([
      ['k', ['v']],
      ['l', ['w']],
    ]),
  };
  it.each<[string, KubeconfigFlags, object]>([
    ['nothing', {}, {}],
    [
      'zero values',
      {
        clientCertificate: '',
        clientKey: '',
        token: '',
        username: '',
        password: '',
        as: '',
        asUid: '',
        asGroup: [],
        asUserExtra: [],
      },
      {},
    ],
    [
      '--client-certificate, which takes its data away',
      { clientCertificate: 'c' },
      { clientCertificate: join(CWD, 'c'), clientCertificateData: undefined },
    ],
    [
      '--client-key, which takes its data away',
      { clientKey: '/k' },
      { clientKey: '/k', clientKeyData: undefined },
    ],
    ['--token, which beats a tokenFile', { token: 'u' }, { token: 'u', tokenFile: undefined }],
    [
      '--username and --password',
      { username: 'you', password: 'q' },
      { username: 'you', password: 'q' },
    ],
    ['--as and --as-uid', { as: 'b', asUid: '2' }, { as: 'b', asUid: '2' }],
    ['--as-group, each its own', { asGroup: ['x,y', 'z'] }, { asGroups: ['x,y', 'z'] }],
    [
      '--as-user-extra, key by key',
      { asUserExtra: ['k=1', 'k=2=3', 'no-value', 'm='] },
      {
        asUserExtra: new Map([
          ['k', ['1', '2=3']],
          ['l', ['w']],
          ['m', ['']],
        ]),
      },
    ],
  ])('%s', (_, flags, changed) => {
    expect(overrideUser(entry, flags, CWD)).toEqual({ ...entry, ...changed });
  });
});

describe('overrideNamespace', () => {
  it.each([
    [undefined, 'own'],
    ['', 'own'],
    ['n', 'n'],
    ['ns/n', 'n'],
    ['namespace/n', 'n'],
    ['namespaces/n', 'n'],
    ['ns/', 'own'],
  ])('%s gives %s', (flag, namespace) => {
    expect(overrideNamespace('own', { namespace: flag })).toBe(namespace);
  });
});
