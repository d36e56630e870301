import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAccessLog } from '../../../src/record/access/access-log.ts';
import { endedRecord } from './record.ts';

describe('an access log whose reader is slow or gone', () => {
  let dir: string;
  let file: string;
  let reader: number;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'porthole-log-'));
    file = join(dir, 'fifo');
    execFileSync('mkfifo', [file]);
    reader = openReader();
  });
  afterEach(() => {
    closeSync(reader);
    rmSync(dir, { recursive: true });
  });

  const open = (format: 'pretty' | 'json') => openAccessLog({ format, colour: false, file, fd: 2 });

  it('drops lines beyond its bound, counts them, and says so when there is room again', async () => {
    const log = open('json');
    const records = 2000;
    for (let i = 0; i < records; i++) log.ended(bulky());
    expect(log.dropped).toBeGreaterThan(records / 4);
    const dropped = log.dropped;

    let text = await readUntil(reader, '"msg":"log lines dropped');
    log.ended(endedRecord({ auditID: 'after' }));
    text += await readUntil(reader, '"auditID":"after"');
    await log.close();

    const parsed = (text + drain(reader))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(parsed).toHaveLength(records - dropped + 2);
    expect(parsed.at(-2)).toMatchObject({
      level: 'warn',
      dropped,
      time: '2026-11-22T13:05:10.885Z',
    });
    expect(parsed.at(-1)).toMatchObject({ auditID: 'after' });
    expect(log.dropped).toBe(dropped);
  });

  it('ends although nobody reads, and counts every line that was lost', async () => {
    const log = open('json');
    const records = 100;
    for (let i = 0; i < records; i++) log.ended(bulky());
    await log.close();

    const arrived = drain(reader).split('\n').length - 1;
    expect(log.dropped).toBe(records - arrived);
    expect(log.dropped).toBeGreaterThan(0);
  });

  it('outlives its reader, and serves the next one', async () => {
    const log = open('pretty');
    closeSync(reader);
    log.ended(endedRecord({ kubectlCommand: 'kubectl into the void' }));
    await sleep(150); // long enough for a write to the broken pipe

    reader = openReader();
    log.ended(endedRecord({ kubectlCommand: 'kubectl again' }));
    const text = await readUntil(reader, 'kubectl again');

    expect(text.split('\n').filter((line) => line !== '')).toHaveLength(2);
    expect(log.dropped).toBe(0);
    await log.close();
  });

  function openReader(): number {
    return openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  }
});

/** A record whose JSON line is 16 KiB and more. */
function bulky() {
  return endedRecord({ path: `/${'p'.repeat(9000)}`, query: 'q'.repeat(9000) });
}

/** Reads up to and beyond `mark`; searches what is new only, for the text has millions of characters. */
async function readUntil(fd: number, mark: string): Promise<string> {
  const pieces: string[] = [];
  for (let recent = ''; !recent.includes(mark); ) {
    const piece = drain(fd);
    if (piece === '') await sleep(2);
    pieces.push(piece);
    recent = recent.slice(-mark.length) + piece;
  }
  return pieces.join('');
}

/** What the pipe holds now. */
function drain(fd: number): string {
  const buffer = Buffer.alloc(64 * 1024);
  let text = '';
  for (;;) {
    let n = 0;
    try {
      n = readSync(fd, buffer);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
    if (n === 0) return text;
    text += buffer.toString('latin1', 0, n);
  }
}
