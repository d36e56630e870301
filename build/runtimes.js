// Unit, integration and hazard tests on each line of Node.js that porthole promises to run on: `npm run runtimes`, or
// `npm run runtimes -- 22 24`. npm carries the runtimes, as the package `node`. They are installed into a folder that is gone
// afterwards, or into `--in=FOLDER`, where they stay for the next time. What follows `--tests` goes to vitest: files, projects.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LINES = ['20', '22', '24', '26'];
const PROJECTS = ['unit', 'integration', 'hazards'].flatMap((name) => ['--project', name]);

const root = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2).filter((word) => word !== '--');
const mark = words.indexOf('--tests');
const own = mark < 0 ? words : words.slice(0, mark);
const tests = mark < 0 ? [] : words.slice(mark + 1);
const kept = own.find((word) => word.startsWith('--in='))?.slice('--in='.length);
const asked = own.filter((word) => /^\d/.test(word));

const folder = kept ?? mkdtempSync(join(tmpdir(), 'porthole-runtimes-'));
if (kept === undefined)
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const results = (asked.length === 0 ? LINES : asked).map(testOn);
console.log('\n| Node.js | passed | failed |\n| --- | --- | --- |');
for (const { version, passed, failed } of results)
  console.log(`| ${version} | ${passed} | ${failed.length} |`);
for (const { version, failed } of results)
  for (const title of failed) console.log(`\n${version}: ${title}`);
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;

function testOn(line) {
  const bin = install(line);
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` };
  const version = run('node', ['--version'], { env, stdio: 'pipe' }).stdout.trim();
  console.log(`\n== Node.js ${version}`);
  const report = join(folder, `${line}.json`);
  rmSync(report, { force: true });
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', ...(tests.length === 0 ? PROJECTS : tests), ...reporters];
  const { status } = run('node', args, { env, cwd: root, stdio: 'inherit' });
  const { passed, failed } = read(report);
  return { version, passed, failed, ok: status === 0 && failed.length === 0 && passed > 0 };
}

/** The folder of the runtime's program. */
function install(line) {
  const prefix = join(folder, line);
  const bin = join(prefix, 'node_modules', '.bin');
  if (existsSync(join(bin, 'node'))) return bin;
  const { status } = run(
    'npm',
    ['install', '--no-audit', '--no-fund', '--prefix', prefix, `node@${line}`],
    {
      stdio: 'inherit',
    },
  );
  if (status !== 0) throw new Error(`npm could not install node@${line}`);
  return bin;
}

function read(report) {
  if (!existsSync(report)) return { passed: 0, failed: ['no test ran'] };
  const { numPassedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const failed = testResults.flatMap(({ name, message, assertionResults }) => {
    const titles = assertionResults
      .filter(({ status }) => status === 'failed')
      .map(
        ({ fullName, failureMessages }) =>
          `${basename(name)}: ${fullName}\n${failureMessages[0] ?? ''}`,
      );
    return titles.length === 0 && message ? [`${basename(name)}: ${message}`] : titles;
  });
  return { passed: numPassedTests, failed };
}

function run(command, args, options) {
  const done = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (done.error !== undefined) throw done.error;
  return done;
}
