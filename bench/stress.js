// `npm run load`: porthole, and `kubectl proxy` beside it, under more than it can serve: are others served meanwhile, is memory
// bounded, and is all as before when it is over? `--help` tells more.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openFiles, peakRssBytes, resetPeakRss, rssBytes } from './accounting.js';
import { startClient } from './messages.js';
import { end, endAll } from './processes.js';
import { KUBECTL, PORTHOLE, starters } from './proxies.js';
import { progress } from './rounds.js';
import { connectionsTo } from './sockets.js';
import { startStressUpstream } from './stress-api.js';
import { stressFacts, stressReport } from './stress-report.js';
import { missingProgram, STRESS_WORKS } from './stress-works.js';

/** @typedef {import('./stress-works.js').StressWork} StressWork */
/** @typedef {import('./proxies.js').Proxy} Proxy */
/** @typedef {import('./stress-report.js').Measure} Measure */

const HELP = `Usage: npm run load -- [options]

Crowds at porthole, and in turns at kubectl proxy: slow ones (slowhttptest), silent ones, floods, readers that do not read. A
probe asks each 50 ms on a connection of its own. For each: its p50, p99 and failures, memory and open files at their peak and
afterwards, and porthole's memory beside what docs/reliability.md says it may hold. It needs Linux, a build, kubectl (on PATH,
or in KUBEBUILDER_ASSETS) and slowhttptest.

  --only IDS      these, with , between them: ${STRESS_WORKS.map(({ id }) => id).join(',')}
  --proxies NAMES porthole,kubectl proxy
  --seconds N     of each (15)
  --json FILE     all figures; those of earlier runs in it stay, unless they are measured again
  --from FILE     measures nothing: the report from such a file
  --markdown      the report as a table for a page
  --help`;

const EVERY_MS = 50;
const LIMIT_MS = 5_000;
const LOOK_EVERY_MS = 100;
const RECOVER_WITHIN_MS = 20_000;
const REST_MS = 1_000;
/** Open files that may be more than before: of a log that was opened, or a probe that has just left. */
const SLACK = 4;

try {
  const options = optionsOf(process.argv.slice(2));
  if (options === null) console.log(HELP);
  else await main(options);
} catch (error) {
  console.error(`load: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await endAll();
}

/** @param {string[]} args @returns null for help; throws an error with one sentence */
function optionsOf(args) {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      proxies: { type: 'string', default: `${PORTHOLE},${KUBECTL}` },
      seconds: { type: 'string', default: '15' },
      json: { type: 'string' },
      from: { type: 'string' },
      markdown: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const only = values.only.split(',').filter((id) => id !== '');
  const unknown = only.find((id) => !STRESS_WORKS.some((work) => work.id === id));
  if (unknown !== undefined) throw new Error(`--only knows no "${unknown}"; see --help`);
  const seconds = Number(values.seconds);
  if (!(seconds >= 1)) throw new Error('--seconds is a number from 1');
  const { json, from, markdown } = values;
  return { only, proxies: values.proxies.split(','), seconds, json, from, markdown };
}

/** @param {NonNullable<ReturnType<typeof optionsOf>>} options */
async function main({ only, proxies, seconds, json, from, markdown }) {
  const known = from ?? json;
  /** @type {Measure[]} */
  const before =
    known !== undefined && existsSync(known)
      ? JSON.parse(readFileSync(known, 'utf8')).measured
      : [];
  const works = STRESS_WORKS.filter(({ id }) => only.length === 0 || only.includes(id));
  const measured = from === undefined ? await measureAll(works, proxies, seconds) : [];
  const stays = (/** @type {Measure} */ { work, proxy }) =>
    !measured.some((one) => one.work === work && one.proxy === proxy);
  const all = [...before.filter(stays), ...measured];
  console.log(stressReport(all, markdown));
  if (json !== undefined && from === undefined)
    writeFileSync(json, `${JSON.stringify({ facts: stressFacts(), measured: all }, null, 1)}\n`);
}

/** In turns: each work at each proxy. @param {readonly StressWork[]} works @param {string[]} names @param {number} seconds */
async function measureAll(works, names, seconds) {
  const missing = missingProgram();
  if (missing !== null) throw new Error(missing);
  const folder = mkdtempSync(join(tmpdir(), 'porthole-load-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const upstream = await startStressUpstream(folder);
  const chosen = starters(folder).filter(({ name }) => names.includes(name));
  if (chosen.length < names.length) throw new Error(`--proxies has ${PORTHOLE} and ${KUBECTL}`);
  const measured = [];
  for (const work of works) {
    for (const starter of chosen) {
      progress(`${work.words}: ${starter.name}`);
      // A new process for each, so that no work pays for the one before.
      const proxy = await starter.start(upstream);
      const length = Math.max(seconds, work.seconds ?? 0);
      measured.push(await measureOne(work, proxy, upstream.port, length));
      await end(proxy.child);
    }
  }
  progress('');
  return measured;
}

/** @param {StressWork} work @param {Proxy} proxy @param {number} upstreamPort @param {number} seconds @returns {Promise<Measure>} */
async function measureOne(work, proxy, upstreamPort, seconds) {
  const files = () => openFiles(proxy.pid) - connectionsTo(proxy.pid, upstreamPort);
  await probeFor(proxy.port, REST_MS);
  const before = { rss: rssBytes(proxy.pid), files: files() };
  resetPeakRss(proxy.pid);
  const probe = await startProbe(proxy.port);
  const attack = work.start(proxy.port, seconds);
  let most = 0;
  const until = performance.now() + seconds * 1000;
  let over = false;
  attack.ended.then(
    () => {
      over = work.brief === true;
    },
    () => {}, // `stop` says so
  );
  while (performance.now() < until && !over) {
    most = Math.max(most, openFiles(proxy.pid));
    await sleep(LOOK_EVERY_MS);
  }
  const { ms, failed } = await probe.stop();
  const peak = peakRssBytes(proxy.pid);
  const crowd = await attack.stop();
  const recoveredMs = await recovery(() => files() <= before.files + SLACK);
  await probeFor(proxy.port, REST_MS);
  const after = { rss: rssBytes(proxy.pid), files: files() };
  const { name } = proxy;
  return { work: work.id, proxy: name, ms, failed, before, most, peak, crowd, recoveredMs, after };
}

/** @param {number} port */
async function startProbe(port) {
  const probe = startClient('stress-probe.js', { port, everyMs: EVERY_MS, limitMs: LIMIT_MS });
  await probe.next();
  return {
    /** @returns {Promise<import('./stress-probe.js').Probed>} */
    stop() {
      probe.child.kill('SIGUSR2');
      return probe.next();
    },
  };
}

/** So that nothing is new to it. @param {number} port @param {number} ms */
async function probeFor(port, ms) {
  const probe = await startProbe(port);
  await sleep(ms);
  await probe.stop();
}

/** How long it takes; null when it does not come to it. @param {() => boolean} reached @returns {Promise<number | null>} */
async function recovery(reached) {
  const began = performance.now();
  while (!reached()) {
    if (performance.now() - began > RECOVER_WITHIN_MS) return null;
    await sleep(LOOK_EVERY_MS);
  }
  return performance.now() - began;
}
