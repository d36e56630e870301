import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { LogEnd } from '../../../../src/record/sink/log-end.ts';

/** A folder of the test's own. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'porthole-sink-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Writes the text as a sink does: until all of it is written. */
export async function pour(end: LogEnd, text: string): Promise<void> {
  for (let rest = Buffer.from(text); rest.length > 0; ) rest = rest.subarray(await end.write(rest));
}

/** The lines of a file, without their newlines; the last must have one. */
export function linesOf(file: string): string[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  return lines;
}
