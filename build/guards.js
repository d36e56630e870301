// Does a test fail when a guard is gone? Takes each guard out of a copy of the sources, one at a time, and runs the hazards that
// should find out: at least one test has to fail. `npm run guards` tries all; `npm run guards -- origin chunk` those whose names
// hold one of the words. Exits with 1 when a guard was not missed, or its patch no longer fits the sources.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ANSWERS } from './guards/answers.js';
import { ASKING } from './guards/asking.js';
import { FRAMING } from './guards/framing.js';
import { KEEPING } from './guards/keeping.js';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Of a checkout, what no test needs a copy of. */
const LEFT_OUT = new Set(['.git', 'node_modules', 'dist', 'coverage']);
/** A test that waits for what the guard would have brought has its own limit, well below this. */
const LIMIT_MS = 240_000;

const words = process.argv.slice(2).filter((word) => word !== '--');
const guards = [...ASKING, ...FRAMING, ...ANSWERS, ...KEEPING].filter(
  ({ guard }) => words.length === 0 || words.some((word) => guard.includes(word)),
);

const copy = mkdtempSync(join(tmpdir(), 'porthole-guards-'));
process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
cpSync(root, copy, {
  recursive: true,
  filter: (path) => !LEFT_OUT.has(relative(root, path).split('/')[0]),
});
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
restoreBuilt();

process.exitCode = main() ? 0 : 1;

/** Whether every guard is missed. */
function main() {
  if (guards.length === 0) return complain('no guard has such a name');
  const unfit = guards.flatMap(({ guard, patches }) => patches.flatMap((p) => misfit(guard, p)));
  if (unfit.length > 0) return complain(unfit.join('\n'));
  const all = run([...new Set(guards.flatMap(({ tests }) => tests))]);
  if (all.failed.length > 0 || all.passed === 0)
    return complain(`with all guards in place, these fail:\n${all.failed.join('\n')}${all.output}`);
  console.log(`${guards.length} guards; with all in place, ${all.passed} tests pass.\n`);
  const unmissed = guards.filter((guard) => !isMissed(guard));
  if (unmissed.length === 0)
    console.log(`\nAll ${guards.length} guards are missed when they are gone.`);
  else complain(`\nNot missed: ${unmissed.map(({ guard }) => guard).join('; ')}`);
  return unmissed.length === 0;
}

function complain(text) {
  console.error(text);
  return false;
}

/** A patch that fits nowhere, or in two places, would take away something else, or nothing. */
function misfit(guard, [file, from]) {
  const count = readFileSync(join(root, file), 'utf8').split(from).length - 1;
  return count === 1
    ? []
    : [`${guard}: its patch fits ${count} places of ${file}, not one:\n${from}`];
}

/** Takes the guard out, runs its tests, and puts it back. */
function isMissed({ guard, tests, patches, built = false }) {
  for (const [file, from, to] of patches) rewrite(file, (text) => text.replace(from, () => to));
  if (built) execute('node', ['build/bundle.js']);
  const { failed, output } = run([...tests, '--bail=1']);
  for (const [file] of patches) rewrite(file, () => readFileSync(join(root, file), 'utf8'));
  if (built) restoreBuilt();
  console.log(`${failed.length > 0 ? 'missed    ' : 'NOT MISSED'}  ${guard}`);
  for (const title of failed.slice(0, 3)) console.log(`              ${title}`);
  if (failed.length === 0) console.log(output);
  return failed.length > 0;
}

function rewrite(file, change) {
  const path = join(copy, file);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

function restoreBuilt() {
  rmSync(join(copy, 'dist'), { recursive: true, force: true });
  cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true });
}

/** Runs the tests of these files in the copy. A file that can not even be loaded is no test that failed. */
function run(filters) {
  const report = join(copy, 'guards-report.json');
  rmSync(report, { force: true });
  const projects = ['unit', 'integration', 'hazards'].flatMap((name) => ['--project', name]);
  const reporters = ['--reporter=json', `--outputFile=${report}`];
  const output = execute('npx', ['vitest', 'run', ...projects, ...reporters, ...filters]);
  const { numPassedTests: passed, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const failed = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName }) => `${basename(name)}: ${fullName}`),
  );
  return { passed, failed, output };
}

function execute(command, args) {
  const { stdout, stderr, error } = spawnSync(command, args, {
    cwd: copy,
    encoding: 'utf8',
    timeout: LIMIT_MS,
    env: { ...process.env, NO_COLOR: '1' },
  });
  if (error !== undefined) throw error;
  return `${stdout}${stderr}`;
}
