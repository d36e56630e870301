import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { platform } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { mintAuthority } from './mint.ts';
import { isIntact, writePrivate } from './write.ts';

/** What a server on this machine shows its clients, and where they find whom to trust; PEM. */
export interface ServingCertificate {
  readonly ca: string;
  readonly caFile: string;
  readonly cert: string;
  readonly key: string;
}

/** `names` and `ips` are wanted beside `localhost`, `127.0.0.1` and `::1`; `now` is for tests. */
export interface ServingOptions {
  readonly names?: readonly string[];
  readonly ips?: readonly string[];
  readonly now?: Date;
}

const CA_FILE = 'ca.pem';
const CERT_FILE = 'server.pem';
const KEY_FILE = 'server-key.pem';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Shorter than the 398 days that Apple's clients take. */
const LIFE_MS = 365 * DAY_MS;
/** What has less to live is replaced, so that a long run does not see its end. */
const LEAST_LIFE_MS = 7 * DAY_MS;
/** Minting takes a second or so; a lock that is older was left by a process that died. */
const LOCK_LIFE_MS = 30_000;
const LOCK_POLL_MS = 50;

/**
 * The certificate in `directory`, or a new one of a new authority written there where it is missing, inconsistent, lacks
 * a wanted name or has seven days or less to live. The authority's key is not kept. Processes that do this at once get
 * the same one. Fails as node:fs does.
 */
export async function ensureServingCertificate(
  directory: string,
  { names = [], ips = [], now = new Date() }: ServingOptions = {},
): Promise<ServingCertificate> {
  const wanted = { names: ['localhost', ...names], ips: ['127.0.0.1', '::1', ...ips] };
  const usable = async (): Promise<ServingCertificate | undefined> => {
    const found = await read(directory);
    return found !== undefined && isUsable(found, wanted, now) ? found : undefined;
  };
  const found = await usable();
  if (found !== undefined) return found;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return alone(directory, async () => {
    const madeMeanwhile = await usable();
    if (madeMeanwhile !== undefined) return madeMeanwhile;
    const minted = mint(names, ips, now);
    await writePrivate(path.join(directory, CA_FILE), minted.ca);
    await writePrivate(path.join(directory, CERT_FILE), minted.cert);
    await writePrivate(path.join(directory, KEY_FILE), minted.key);
    return { ...minted, caFile: path.join(directory, CA_FILE) };
  });
}

/** Does `work` while nobody else does it for the same directory. */
async function alone<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const lock = path.join(directory, '.lock');
  while (!(await create(lock))) {
    const { mtimeMs = Date.now() } = await stat(lock).catch(() => ({ mtimeMs: undefined }));
    if (Date.now() - mtimeMs > LOCK_LIFE_MS) await rm(lock, { force: true });
    else await setTimeout(LOCK_POLL_MS);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** False when the file is there already. */
async function create(file: string): Promise<boolean> {
  try {
    await writeFile(file, '', { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function mint(names: readonly string[], ips: readonly string[], now: Date) {
  const notBefore = new Date(now.getTime() - 5 * MINUTE_MS);
  const notAfter = new Date(now.getTime() + LIFE_MS);
  const authority = mintAuthority({ commonName: 'porthole-serving-ca', notBefore, notAfter });
  return { ca: authority.pem, ...authority.issueServer({ names, ips, notBefore, notAfter }) };
}

async function read(directory: string): Promise<ServingCertificate | undefined> {
  const text = (name: string) => readFile(path.join(directory, name), 'utf8');
  try {
    const { mode } = await stat(path.join(directory, KEY_FILE));
    // Others may have read the key. Windows has no such modes.
    if (platform() !== 'win32' && (mode & 0o077) !== 0) return undefined;
    return {
      ca: await text(CA_FILE),
      caFile: path.join(directory, CA_FILE),
      cert: await text(CERT_FILE),
      key: await text(KEY_FILE),
    };
  } catch {
    // Whatever can not be read is written anew, and that reports what is wrong with the directory.
    return undefined;
  }
}

function isUsable(
  found: ServingCertificate,
  wanted: { readonly names: readonly string[]; readonly ips: readonly string[] },
  now: Date,
): boolean {
  if (!isIntact(found.ca, [found], now, LEAST_LIFE_MS)) return false;
  const certificate = new X509Certificate(found.cert);
  return (
    wanted.names.every((name) => certificate.checkHost(name) !== undefined) &&
    wanted.ips.every((ip) => certificate.checkIP(ip) !== undefined)
  );
}
