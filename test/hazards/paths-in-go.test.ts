// 3.3, F21: what porthole judges is what the API server, which is written in Go, will read.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { DEFAULT_ACCEPT_PATHS, DEFAULT_REJECT_PATHS } from '../../src/server/admit.ts';
import { createPathCheck } from '../../src/server/paths.ts';
import { compilePatterns, splitPatterns } from '../../src/server/patterns.ts';
import { parseRequestTarget, type RequestTarget } from '../../src/server/request-target.ts';
import { failureOf } from '../support/http1.ts';
import { request } from '../support/raw-client.ts';
import { openDoor } from './door.ts';

const CASES = 100_000;
const SENT = 300;
const PROGRAM = fileURLToPath(new URL('../support/go/target', import.meta.url));

/** Pieces of paths that are taken apart in different ways, and any byte, escaped or not. */
const piece = fc.oneof(
  fc.constantFrom(
    ...[
      '/',
      '//',
      '/api',
      '/v1',
      '/pods',
      '/p',
      '/exec',
      '/attach',
      'exec',
      'x',
      ';',
      '..',
      '.',
      '/..;a=b',
    ],
    ...[
      '%2f',
      '%2F',
      '%65xec',
      '%2565',
      '%252f',
      '%00',
      '%0a',
      '%5c',
      '%25',
      '%c3%a4',
      '%ff',
      '%c0%af',
    ],
    ...[
      '?',
      '&',
      '=',
      '#',
      '%23',
      '%3f',
      '\\',
      '+',
      '%20',
      '@',
      ':',
      '*',
      "'",
      '%e2%80%a8',
      '%',
      '%2',
    ],
  ),
  fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  fc.integer({ min: 0, max: 0xff }).map((byte) => `%${byte.toString(16).padStart(2, '0')}`),
);
const START = ['/', '/api/v1/pods', '/api/v1/namespaces/d/pods/p'];
const END = ['', '', '/exec', '/%65xec', '%2fattach', '/exec/', '/attach;x'];
const target = fc
  .tuple(fc.constantFrom(...START), fc.array(piece, { maxLength: 9 }), fc.constantFrom(...END))
  .map(([start, pieces, end]) => `${start}${pieces.join('')}${end}`);

/** What Go's server reads a target as. */
interface Reading {
  readonly path: string;
  readonly query: string;
  readonly error?: string;
}

/** Builds the program, and asks it. */
async function readInGo(targets: readonly string[]): Promise<Reading[]> {
  const folder = mkdtempSync(join(tmpdir(), 'porthole-go-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const program = join(folder, 'target');
  const env = { ...process.env, GOFLAGS: '-mod=mod', GOPROXY: 'off', GO111MODULE: 'on' };
  await promisify(execFile)('go', ['build', '-o', program, '.'], { cwd: PROGRAM, env }).catch(
    (cause: unknown) => {
      throw new Error('Go could not build the oracle; it is in the package golang-go', { cause });
    },
  );
  const asked = promisify(execFile)(program, [], { maxBuffer: 1 << 28 });
  asked.child.stdin?.end(`${targets.join('\n')}\n`);
  const { stdout } = await asked;
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Reading);
}

const check = createPathCheck(
  compilePatterns('--accept-paths', splitPatterns(DEFAULT_ACCEPT_PATHS)),
  compilePatterns('--reject-paths', splitPatterns(DEFAULT_REJECT_PATHS)),
);
const isAccepted = (read: RequestTarget) => failureOf(() => check(read)) === undefined;

/** As porthole reads it; undefined for one that it refuses to read. */
function readTarget(text: string): RequestTarget | undefined {
  let read: RequestTarget | undefined;
  failureOf(() => {
    read = parseRequestTarget(text);
  });
  return read;
}

it(`F21 of ${CASES} targets, Go reads each that porthole reads as the same path, with the same verdict`, async () => {
  const targets = fc.sample(target, { seed: 8001, numRuns: CASES });
  const read = targets.flatMap((text) => readTarget(text) ?? []);
  const inGo = await readInGo(read.map(({ text }) => text));
  expect(inGo).toHaveLength(read.length);
  const verdicts = read.map(isAccepted);
  const differing = read.filter((one, i) => {
    const { path, query, error } = inGo[i] as Reading;
    const verdict = isAccepted({ ...one, decodedPath: path });
    const isSame = path === one.decodedPath && query === one.query && verdict === verdicts[i];
    return error !== undefined || !isSame;
  });
  expect(differing.slice(0, 5)).toEqual([]);
  // Each of the three outcomes is among them.
  expect(targets.length - read.length).toBeGreaterThan(CASES / 10);
  expect(verdicts.filter((accepted) => accepted).length).toBeGreaterThan(CASES / 10);
  expect(verdicts.filter((accepted) => !accepted).length).toBeGreaterThan(CASES / 100);
}, 120_000);

it('F21 what is let through is sent byte for byte', async () => {
  const door = await openDoor();
  const targets = fc.sample(target, { seed: 8002, numRuns: SENT });
  const ask = (text: string) =>
    door.ask(request(`GET ${text}`, { headers: 'Connection: close\r\n' }));
  for (let at = 0; at < SENT; at += 20) await Promise.all(targets.slice(at, at + 20).map(ask));
  const expected = targets.filter((text) => {
    const read = readTarget(text);
    return read !== undefined && isAccepted(read);
  });
  const sent = [...door.upstream.bytes.matchAll(/^GET (.*) HTTP\/1\.1\r$/gm)].map(
    ([, text]) => text,
  );
  expect(sent.sort()).toEqual(expected.sort());
  expect(door.proxy.records).toHaveLength(SENT);
});
