import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openArchive } from '../../src/record/har/open.ts';
import { eventually } from '../support/pair.ts';

/** More of them by hand: `KILL_ROUNDS=1000`. */
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 10);
const BUILT = new URL('../../dist/record/har/', import.meta.url).href;

/** Adds entries as fast as they are written, and says how many are in the file. */
const WRITER = `
const { openArchive } = await import(${JSON.stringify(`${BUILT}open.js`)});
const { Archive } = await import(${JSON.stringify(`${BUILT}archive.js`)});
const archive = new Archive(openArchive(process.argv[1], 'continue', '1'));
const add = (n) => {
  for (let i = 0; i < 500; i++) {
    const text = 'x'.repeat((n * 37 + i) % 3000);
    archive.add(JSON.stringify({ startedDateTime: 'now', n, text }));
  }
  setTimeout(add, 1, n + 1);
};
process.stdout.write('begun');
add(0);
`;

function tempFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'porthole-har-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'a.har');
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

it('is a whole archive when its writer is killed at any moment, or is whole after the next start', async () => {
  const file = tempFile();
  let entries = 0;
  let broken = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const writer = spawn(process.execPath, ['--input-type=module', '-e', WRITER, file]);
    await once(writer.stdout, 'data');
    const before = statSync(file).size;
    await eventually('it has written', () => statSync(file).size > before + 100_000 * (round % 4));
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    if (!isWhole(readFileSync(file, 'utf8'))) broken++;
    closeSync(openArchive(file, 'continue', '1').fd);
    const { length } = JSON.parse(readFileSync(file, 'utf8')).log.entries;
    expect(length).toBeGreaterThan(entries);
    entries = length;
  }
  // Only what is killed within a write call is not whole.
  expect(broken).toBeLessThan(ROUNDS / 2);
});

const FULL = `
const { openArchive } = await import(${JSON.stringify(`${BUILT}open.js`)});
const { Archive } = await import(${JSON.stringify(`${BUILT}archive.js`)});
const archive = new Archive(openArchive(process.argv[1], 'fresh', '1'));
for (let n = 0; n < 3; n++) archive.add(JSON.stringify({ startedDateTime: 'now', n }));
setTimeout(() => {
  for (let n = 3; n < 6; n++)
    archive.add(JSON.stringify({ startedDateTime: 'now', n, text: 'x'.repeat(50000) }));
  archive.close().then(() => console.log(archive.dropped));
}, 300);
`;

it('stays whole on a disk that becomes full in the middle of an entry, and counts what is lost', () => {
  const file = tempFile();
  // 64 or 32 KiB: shells differ in what a block is.
  const script = 'ulimit -f 64; exec "$0" --input-type=module -e "$1" "$2"';
  const dropped = execFileSync('sh', ['-c', script, process.execPath, FULL, file]);
  const { log } = JSON.parse(readFileSync(file, 'utf8'));
  expect(log.entries.map(({ n }: { n: number }) => n)).toEqual([0, 1, 2]);
  expect(String(dropped)).toBe('3\n');
});
