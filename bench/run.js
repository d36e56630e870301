// `npm run bench`: porthole beside `kubectl proxy`, nginx and http-proxy, in turns, in one run, as ratios. `--help` tells more.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuSeconds } from './accounting.js';
import { machineFacts, missingPrograms } from './facts.js';
import { gate, rowsOf } from './judge.js';
import { drive } from './load.js';
import { HELP, parseOptions } from './options.js';
import { endAll } from './processes.js';
import { KUBECTL, PORTHOLE, starters } from './proxies.js';
import { publish, publishable, report } from './report.js';
import { measure, progress } from './rounds.js';
import { terminalTable } from './table.js';
import { TARGETS } from './targets.js';
import { PATHS, startUpstream } from './upstream.js';
import { WORKS } from './works.js';

/** @typedef {import('./options.js').Options} Options */
/** @typedef {import('./works.js').Work} Work */
/** @typedef {import('./rounds.js').Bench} Bench */

const WARM_UP = { connections: 32, seconds: 2 };
/** Seconds of CPU that no proxy warms up without. */
const LEAST_COST = 0.05;
const TRIES = 3;

try {
  const options = parseOptions(process.argv.slice(2));
  process.exitCode = options.help ? help() : await main(options);
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await endAll();
}

function help() {
  console.log(HELP);
  return 0;
}

/** @param {Options} options @returns {Promise<number>} the exit code */
async function main(options) {
  if (options.write) publishable();
  if (options.from !== undefined) {
    const { facts, measured } = JSON.parse(readFileSync(options.from, 'utf8'));
    return tell(options, facts, measured);
  }
  const missing = missingPrograms();
  if (missing !== null) throw new Error(missing);
  const works = worksFor(options);
  const bench = await setUp(options, works);
  if (options.gate) return passGate(options, bench, works);
  const measured = await measure(options, bench, works);
  return tell(options, machineFacts(bench.upstream.kind, options), measured);
}

/**
 * @param {Options} options
 * @param {import('./facts.js').Facts} facts
 * @param {import('./judge.js').Measured} measured
 */
function tell({ json, write }, facts, measured) {
  const rows = rowsOf(TARGETS, measured);
  console.log(report(facts, rows));
  if (json !== undefined) {
    writeFileSync(json, `${JSON.stringify({ facts, rows, measured }, null, 1)}\n`);
  }
  if (write) publish(facts, rows);
  return 0;
}

/** @param {Options} options */
function worksFor({ quick, gate, only }) {
  const targets = TARGETS.filter(({ id }) => only.includes(id));
  const ids = new Set([
    ...only,
    ...targets.flatMap(({ work, per = work, steps = [] }) => [work, per, ...steps]),
  ]);
  const unknown = only.filter((id) => ![...WORKS, ...TARGETS].some((one) => one.id === id));
  if (unknown.length > 0) {
    const known = [...new Set([...WORKS, ...TARGETS].map(({ id }) => id))];
    throw new Error(`--only knows no "${unknown[0]}"; it knows ${known.join(', ')}`);
  }
  if (only.length > 0) return WORKS.filter(({ id }) => ids.has(id));
  return quick || gate ? WORKS.filter(({ quick }) => quick) : WORKS;
}

/** @param {Options} options @param {readonly Work[]} works @returns {Promise<Bench>} */
async function setUp({ gate, proxies: names, beside }, works) {
  const folder = mkdtempSync(join(tmpdir(), 'porthole-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const upstream = await startUpstream(folder);
  const chosen = chooseFrom(starters(folder, beside), gate ? [PORTHOLE, KUBECTL] : names);
  const proxies = new Map();
  if (works.some(({ fresh }) => fresh !== true)) {
    for (const starter of chosen) {
      progress(`warming up ${starter.name}`);
      const proxy = await starter.start(upstream);
      await drive(proxy.port, PATHS.small, WARM_UP);
      if (cpuSeconds(proxy.pid) < LEAST_COST) {
        throw new Error(
          `${starter.name} works in another process than the one that was started: is it a wrapper?`,
        );
      }
      proxies.set(starter.name, proxy);
    }
  }
  return { folder, upstream, starters: chosen, proxies };
}

/** @param {import('./proxies.js').Starter[]} all @param {string[]} names */
function chooseFrom(all, names) {
  const unknown = names.find((name) => !all.some((starter) => starter.name === name));
  if (unknown !== undefined) {
    throw new Error(
      `there is no proxy "${unknown}" here; there are ${all.map(({ name }) => name).join('; ')}`,
    );
  }
  if (names.length > 0) return all.filter(({ name }) => names.includes(name));
  return all.filter(({ optional }) => optional !== true);
}

/** @param {Options} options @param {Bench} bench @param {readonly Work[]} works */
async function passGate(options, bench, works) {
  const short = await gate(TRIES, async (rows) => {
    const ids = rows?.map(({ target }) => target.work);
    const again = works.filter(({ id }) => ids?.includes(id) ?? true);
    const tried = rowsOf(TARGETS, await measure(options, bench, again));
    console.log(`${terminalTable(tried)}\n`);
    return tried.filter(({ target }) => rows?.some((row) => row.target === target) ?? true);
  });
  if (short.length === 0) {
    console.log('No ratio to kubectl proxy stays more than 40 % short of its target.');
    return 0;
  }
  const words = short.map(({ target, value }) => `${target.words} (${value.toFixed(2)})`);
  console.log(`More than 40 % short of the target in ${TRIES} tries: ${words.join('; ')}.`);
  return 1;
}
