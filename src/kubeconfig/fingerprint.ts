import { type BigIntStats, statSync } from 'node:fs';

/** For each path what tells its file from another one, or from the same one with another content. */
export type Fingerprints = ReadonlyMap<string, string>;

/** Of the file that is found at a path, symbolic links followed, or of its absence. Reads nothing. Does not throw. */
export function fingerprintAt(path: string): string {
  const stats = statsOf(path);
  if (typeof stats === 'string') return stats;
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  // A pipe or a terminal changes when it is read.
  return stats.isFile() ? `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}` : `${dev} ${ino}`;
}

export function fingerprintsOf(paths: Iterable<string>): Fingerprints {
  return new Map([...paths].map((path) => [path, fingerprintAt(path)] as const));
}

export function isUnchanged(seen: Fingerprints): boolean {
  return [...seen].every(([path, fingerprint]) => fingerprintAt(path) === fingerprint);
}

/** Whether a file was written in these last milliseconds, as far as clocks agree. */
export function writtenWithin(path: string, ms: number): boolean {
  const stats = statsOf(path);
  if (typeof stats === 'string' || !stats.isFile()) return false;
  return Math.abs(Date.now() - Number(stats.ctimeMs)) < ms;
}

function statsOf(path: string): BigIntStats | string {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false }) ?? 'absent';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  }
}
