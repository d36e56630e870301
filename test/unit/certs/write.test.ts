import { X509Certificate } from 'node:crypto';
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { mintAuthority } from '#certs/mint.ts';
import { type CertificateSet, ensureCertificates, writeKubeconfig } from '#certs/write.ts';

const FILES = ['ca.pem', 'client-key.pem', 'client.pem', 'server-key.pem', 'server.pem'];
const DAY_MS = 86_400_000;
// Making RSA keys takes as long as the machine likes.
const timeout = 60_000;

let parent: string;
let directory: string;
let made: string;
let first: CertificateSet;

beforeAll(async () => {
  made = await mkdtemp(path.join(tmpdir(), 'porthole-certs-'));
  first = await ensureCertificates(made);
}, timeout);
afterAll(() => rm(made, { recursive: true }));

beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'porthole-certs-'));
  directory = path.join(parent, 'certs');
});
afterEach(() => rm(parent, { recursive: true }));

const copyMade = () => cp(made, directory, { recursive: true });

const modeOf = async (...names: string[]) =>
  (await stat(path.join(directory, ...names))).mode & 0o777;

describe('ensureCertificates', { timeout }, () => {
  it('writes a private directory of private files, without the key of the authority', async () => {
    const set = await ensureCertificates(directory);
    expect((await readdir(directory)).sort()).toEqual(FILES);
    expect(await modeOf()).toBe(0o700);
    for (const file of FILES) expect(await modeOf(file)).toBe(0o600);
    expect(await readFile(path.join(directory, 'client-key.pem'), 'utf8')).toBe(set.client.key);
  });

  it('keeps the set that is there, until a day before it ends', async () => {
    await copyMade();
    const end = Date.parse(new X509Certificate(first.ca).validTo);
    expect(await ensureCertificates(directory)).toEqual(first);
    expect(await ensureCertificates(directory, new Date(end - DAY_MS - 60_000))).toEqual(first);
    const renewed = await ensureCertificates(directory, new Date(end - DAY_MS));
    expect(renewed.ca).not.toBe(first.ca);
  });

  it('replaces a set that is not valid yet', async () => {
    await copyMade();
    const renewed = await ensureCertificates(directory, new Date(Date.now() - DAY_MS));
    expect(renewed.ca).not.toBe(first.ca);
  });

  const other = mintAuthority({ commonName: 'other' });
  const damages: [name: string, damage: () => Promise<void>][] = [
    ['lacks a file', () => rm(path.join(directory, 'server-key.pem'))],
    ['holds what is no certificate', () => writeFile(path.join(directory, 'ca.pem'), 'x')],
    [
      'holds the key of another certificate',
      async () => {
        await writeFile(path.join(directory, 'client-key.pem'), other.issueServer().key);
      },
    ],
    [
      'holds the certificates of another authority',
      async () => {
        await writeFile(path.join(directory, 'ca.pem'), other.pem);
      },
    ],
  ];
  it.each(damages)('replaces a set whole that %s', async (_, damage) => {
    await copyMade();
    await damage();
    const renewed = await ensureCertificates(directory);
    expect(renewed.server.cert).not.toBe(first.server.cert);
    expect(renewed.client.cert).not.toBe(first.client.cert);
    expect(await ensureCertificates(directory)).toEqual(renewed);
  });

  it('makes files private that were not, and leaves a directory of others as it is', async () => {
    await mkdir(directory, { mode: 0o755 });
    await writeFile(path.join(directory, 'client-key.pem'), 'old', { mode: 0o644 });
    await chmod(directory, 0o755);
    await ensureCertificates(directory);
    expect(await modeOf('client-key.pem')).toBe(0o600);
    expect(await modeOf()).toBe(0o755);
  });

  it('leaves no draft behind when a file can not be replaced', async () => {
    await mkdir(path.join(directory, 'ca.pem', 'in-the-way'), { recursive: true });
    await expect(ensureCertificates(directory)).rejects.toThrow();
    expect(await readdir(directory)).toEqual(['ca.pem']);
  });
});

describe('writeKubeconfig', () => {
  it('names the files beside it, and keeps no key of its own', async () => {
    await mkdir(directory);
    const file = await writeKubeconfig(directory, { name: 'demo', server: 'https://[::1]:6443' });
    expect(file).toBe(path.join(directory, 'kubeconfig'));
    expect(await modeOf('kubeconfig')).toBe(0o600);
    expect(parse(await readFile(file, 'utf8'))).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'demo',
      contexts: [{ name: 'demo', context: { cluster: 'demo', user: 'demo' } }],
      clusters: [
        {
          name: 'demo',
          cluster: { server: 'https://[::1]:6443', 'certificate-authority': 'ca.pem' },
        },
      ],
      users: [
        {
          name: 'demo',
          user: { 'client-certificate': 'client.pem', 'client-key': 'client-key.pem' },
        },
      ],
    });
  });
});
