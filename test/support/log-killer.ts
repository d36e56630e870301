// Writers to one log, killed one after the other: what must be in its files then?
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { RunningCommand } from './process.ts';

export interface Killing {
  /** The log; its folder is not used for anything else. */
  readonly file: string;
  readonly rounds: number;
  /** Lines are queued, or each is waited for. */
  readonly mode: 'buffered' | 'strict';
}

/** What was seen in all rounds together. */
export interface Killed {
  /** Lines that were there after the round in which they were written. */
  lines: number;
  /** Rounds that ended in the middle of a line. */
  torn: number;
  /** Lines whose writers were told that they are written. */
  acknowledged: number;
  /** Rounds after which there were files that had been put aside. */
  rotated: number;
}

const SINK = new URL('../../dist/record/sink/open-sink.js', import.meta.url).href;
const MAX_BACKUPS = 6;
const MAX_DELAY_MS = 25;

/** Waits for its input, then writes lines until it is killed; tells on stdout which it was told to be written. */
const WRITER = `
import { once } from 'node:events';
const { openSink } = await import(${JSON.stringify(SINK)});
const [file, mode, round] = process.argv.slice(1);
const rotation = { maxBytes: 64 * 1024, maxBackups: ${MAX_BACKUPS}, maxAgeMs: 0, compress: true };
await once(process.stdin, 'data');
process.stdout.write('begun\\n');
const sink = openSink({ file, rotation, isPrivate: true });
for (let n = 0; ; ) {
  const written = [];
  for (let i = 0; i < 20; i++, n++) {
    const number = n;
    const line = JSON.stringify({ round: Number(round), n, text: 'x'.repeat(n % 97 === 0 ? 9000 : n % 400) }) + '\\n';
    if (mode === 'buffered') sink.write(line);
    else written.push(sink.writeThrough(line).then(() => process.stdout.write(number + '\\n')));
  }
  await Promise.all(written);
  await new Promise((resolve) => setImmediate(resolve));
}
`;

/** Rejects when a file is not as it must be after any of the rounds. */
export async function killWriters({ file, rounds, mode }: Killing): Promise<Killed> {
  const seen: Killed = { lines: 0, torn: 0, acknowledged: 0, rotated: 0 };
  const start = (round: number) => {
    const args = ['--input-type=module', '-e', WRITER, file, mode, String(round)];
    return new RunningCommand(process.execPath, args);
  };
  let next = start(0);
  for (let round = 0; round < rounds; round++) {
    const writer = next;
    next = start(round + 1); // loads while the other one writes
    try {
      writer.write('go\n');
      await writer.waitFor('stdout', /^begun\n/);
      await sleep(Math.random() * MAX_DELAY_MS);
    } finally {
      await writer.stop('SIGKILL');
    }
    // Linux seldom stops in the middle of a write(2), so some lines are torn by hand.
    if (round % 3 === 0) appendFileSync(file, `{"round":${round},"n":`);
    const acknowledged = writer.stdout.split('\n').slice(1, -1).map(Number);
    const { lines, isTorn, backups } = check(file, round, acknowledged);
    seen.lines += lines;
    seen.torn += isTorn ? 1 : 0;
    seen.acknowledged += acknowledged.length;
    seen.rotated += backups > 0 ? 1 : 0;
  }
  await next.stop('SIGKILL');
  return seen;
}

function check(file: string, round: number, acknowledged: readonly number[]) {
  const { texts, isFull } = textsOf(file);
  const all = texts.join('').split('\n');
  const tail = all.pop() ?? '';
  let last = { round: -1, n: -1 };
  let lines = 0;
  let first: number | undefined;
  for (const [i, line] of all.entries()) {
    const parsed = parse(line);
    if (parsed === undefined) {
      if (!'{"round":'.startsWith(line.slice(0, 9)) || line === '')
        throw new Error(`round ${round}: not the start of a line: ${line.slice(0, 80)}`);
      const follower = parse(all[i + 1] ?? tail);
      if (follower !== undefined && follower.n !== 0)
        throw new Error(`round ${round}: a torn line within round ${follower.round}`);
      continue;
    }
    const isNext = parsed.round === last.round ? parsed.n === last.n + 1 : parsed.n === 0;
    if (!isNext && !(last.round === -1 && isFull))
      throw new Error(`round ${round}: ${JSON.stringify(last)} and then ${line.slice(0, 40)}`);
    last = parsed;
    if (parsed.round !== round) continue;
    lines++;
    first ??= parsed.n;
  }
  const missing = acknowledged.filter((n) => n >= (first ?? 0) + lines);
  if (missing.length > 0) throw new Error(`round ${round}: acknowledged and lost: ${missing}`);
  return { lines, isTorn: tail !== '', backups: texts.length - 1 };
}

function parse(line: string): { round: number; n: number } | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** What the log's files hold, the oldest first, and whether older ones may have been removed. */
function textsOf(file: string): { texts: string[]; isFull: boolean } {
  const folder = dirname(file);
  const names = readdirSync(folder).filter((name) => name !== basename(file));
  const plain = new Set(names.map((name) => name.replace(/\.gz$/, '')));
  const backups = [...plain].filter((name) => !name.endsWith('.part')).sort();
  const strange = backups.filter((name) => !/^audit-[-\dT]+\.\d{3}\.log$/.test(name));
  if (strange.length > 0) throw new Error(`strange files: ${strange.join(', ')}`);
  const texts = backups.map((name) => {
    const path = join(folder, name);
    // Where both are there, the compressed one may be as good; the plain one is for sure.
    return existsSync(path)
      ? readFileSync(path, 'utf8')
      : gunzipSync(readFileSync(`${path}.gz`)).toString();
  });
  if (existsSync(file)) texts.push(readFileSync(file, 'utf8'));
  return { texts, isFull: backups.length >= MAX_BACKUPS - 1 };
}
