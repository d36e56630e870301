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
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import { ensureServingCertificate, type ServingCertificate } from '#certs/serving.ts';

const FILES = ['ca.pem', 'server-key.pem', 'server.pem'];
const DAY_MS = 86_400_000;
// Making RSA keys takes as long as the machine likes.
const timeout = 60_000;

let parent: string;
let directory: string;
let made: string;
let first: ServingCertificate;

beforeAll(async () => {
  made = await mkdtemp(path.join(tmpdir(), 'porthole-serving-'));
  first = await ensureServingCertificate(made, { names: ['Box.example'], ips: ['10.0.0.7'] });
}, timeout);
afterAll(() => rm(made, { recursive: true }));

beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'porthole-serving-'));
  directory = path.join(parent, 'config', 'tls');
});
afterEach(() => rm(parent, { recursive: true }));

const copyMade = () => cp(made, directory, { recursive: true });
const inFile = (name: string) => readFile(path.join(directory, name), 'utf8');
/** The same content, whatever directory it is in. */
const content = ({ ca, cert, key }: ServingCertificate) => ({ ca, cert, key });

describe('ensureServingCertificate', { timeout }, () => {
  it('writes a private directory of private files, without the key of the authority', async () => {
    const { ca, caFile, cert, key } = await ensureServingCertificate(directory);
    expect((await readdir(directory)).sort()).toEqual(FILES);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    for (const file of FILES) {
      expect((await stat(path.join(directory, file))).mode & 0o777).toBe(0o600);
    }
    expect(caFile).toBe(path.join(directory, 'ca.pem'));
    expect([ca, cert, key]).toEqual([
      await inFile('ca.pem'),
      await inFile('server.pem'),
      await inFile('server-key.pem'),
    ]);
  });

  it('is for this machine and for what else is wanted', () => {
    const certificate = new X509Certificate(first.cert);
    expect(certificate.verify(new X509Certificate(first.ca).publicKey)).toBe(true);
    for (const name of ['localhost', 'box.example']) {
      expect(certificate.checkHost(name)).toBeDefined();
    }
    for (const ip of ['127.0.0.1', '::1', '10.0.0.7']) {
      expect(certificate.checkIP(ip)).toBe(ip);
    }
    expect(certificate.checkHost('other.example')).toBeUndefined();
  });

  it.each([
    ['as it was asked for', { names: ['Box.example'], ips: ['10.0.0.7'] }],
    ['for fewer names', {}],
    ['for a name in another case', { names: ['BOX.example'] }],
    ['for an address in another spelling', { ips: ['0:0:0:0:0:0:0:1'] }],
  ])('keeps what is there, %s', async (_, options) => {
    await copyMade();
    expect(content(await ensureServingCertificate(directory, options))).toEqual(content(first));
  });

  it.each([
    ['name', { names: ['other.example'] }],
    ['address', { ips: ['10.0.0.8'] }],
  ])('replaces one that lacks a wanted %s', async (_, options) => {
    await copyMade();
    const renewed = await ensureServingCertificate(directory, options);
    expect(renewed.ca).not.toBe(first.ca);
    expect(content(await ensureServingCertificate(directory, options))).toEqual(content(renewed));
  });

  it('keeps it until a week before its end, and renews it for a year then', async () => {
    await copyMade();
    const end = Date.parse(new X509Certificate(first.cert).validTo);
    const early = new Date(end - 7 * DAY_MS - 60_000);
    expect(content(await ensureServingCertificate(directory, { now: early }))).toEqual(
      content(first),
    );
    const now = new Date(end - 7 * DAY_MS);
    const renewed = await ensureServingCertificate(directory, { now });
    expect(renewed.ca).not.toBe(first.ca);
    expect(Date.parse(new X509Certificate(renewed.cert).validTo)).toBe(
      now.getTime() + 365 * DAY_MS,
    );
  });

  it('replaces one that is not valid yet', async () => {
    await copyMade();
    const now = new Date(Date.now() - DAY_MS);
    expect((await ensureServingCertificate(directory, { now })).ca).not.toBe(first.ca);
  });

  const other = mintAuthority({ commonName: 'other' });
  const damages: [name: string, damage: () => Promise<void>][] = [
    ['lacks a file', () => rm(path.join(directory, 'server-key.pem'))],
    ['is cut short', () => writeFile(path.join(directory, 'server.pem'), first.cert.slice(0, 99))],
    [
      'has the key of another',
      () => writeFile(path.join(directory, 'server-key.pem'), other.issueServer().key),
    ],
    ['others could read', () => chmod(path.join(directory, 'server-key.pem'), 0o644)],
    ['is of another authority', () => writeFile(path.join(directory, 'ca.pem'), other.pem)],
  ];
  it.each(damages)('replaces one whole that %s', async (_, damage) => {
    await copyMade();
    await damage();
    const renewed = await ensureServingCertificate(directory);
    expect(renewed.cert).not.toBe(first.cert);
    expect(content(await ensureServingCertificate(directory))).toEqual(content(renewed));
  });

  it('gives all that ask at once the same one, which is on the disk', async () => {
    const all = await Promise.all(
      Array.from({ length: 4 }, () => ensureServingCertificate(directory)),
    );
    const kept = content(await ensureServingCertificate(directory));
    expect(all.map(content)).toEqual([kept, kept, kept, kept]);
    expect((await readdir(directory)).sort()).toEqual(FILES);
  });

  it('does not wait for a process that died while it minted', async () => {
    await mkdir(directory, { recursive: true });
    const lock = path.join(directory, '.lock');
    await writeFile(lock, '');
    const anHourAgo = new Date(Date.now() - 3_600_000);
    await utimes(lock, anHourAgo, anHourAgo);
    await ensureServingCertificate(directory);
    expect((await readdir(directory)).sort()).toEqual(FILES);
  });

  it('leaves a directory of others as it is, but not the mode of a file', async () => {
    await mkdir(directory, { recursive: true });
    await chmod(directory, 0o755);
    await writeFile(path.join(directory, 'server-key.pem'), 'old', { mode: 0o644 });
    await ensureServingCertificate(directory);
    expect((await stat(directory)).mode & 0o777).toBe(0o755);
    expect((await stat(path.join(directory, 'server-key.pem'))).mode & 0o777).toBe(0o600);
  });

  it('fails where nothing can be written', async () => {
    await mkdir(path.join(directory, 'ca.pem', 'in-the-way'), { recursive: true });
    await expect(ensureServingCertificate(directory)).rejects.toThrow('ca.pem');
    expect(await readdir(directory)).toEqual(['ca.pem']);
  });
});
