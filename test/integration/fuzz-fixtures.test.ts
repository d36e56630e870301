// What fuzzing has found once (`npm run fuzz`), through a porthole again: by the accounts and Node's readers, and by Go's.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readFixture } from '../fuzz/case.ts';
import { GoReader } from '../fuzz/go-reader.ts';
import { judge } from '../fuzz/judge.ts';
import { Lane } from '../fuzz/lane.ts';
import { NodeReader } from '../fuzz/node-reader.ts';
import type { Readers } from '../fuzz/requests.ts';

const FOLDER = fileURLToPath(new URL('../fuzz/fixtures/', import.meta.url));
const READER = fileURLToPath(new URL('../support/go/reader', import.meta.url));
const FIXTURES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => [readFixture(FOLDER + name).words, FOLDER + name] as const);

/** Plays a fixture; all that was wrong, of the case and of what it left behind. */
async function findsOf(path: string, readers: Readers): Promise<string[]> {
  const input = readFixture(path);
  const lane = await Lane.open({ way: input.way, loud: true });
  const ticks = setInterval(() => lane.tick(), 5);
  onTestFinished(() => clearInterval(ticks));
  const seen = await lane.play(input);
  const finds = await judge(seen, lane, readers);
  return [...finds.map(({ rule, detail }) => `${rule}: ${detail}`), ...(await lane.close())];
}

describe('a find of fuzzing stays mended', () => {
  it.each(FIXTURES)('%s', async (_words, path) => {
    expect(await findsOf(path, { node: new NodeReader(), go: undefined })).toEqual([]);
  });
});

// On PATH in CI, where a skipped test fails the run.
describe.skipIf(!GoReader.available)("a find of fuzzing stays mended, by Go's readers too", () => {
  let go: GoReader;
  beforeAll(() => {
    go = GoReader.start(READER);
  }, 120_000);
  afterAll(() => go.stop());

  it.each(FIXTURES)('%s', async (_words, path) => {
    expect(await findsOf(path, { node: new NodeReader(), go })).toEqual([]);
  });
});
