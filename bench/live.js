// What bench:watch and bench:exec share: a cluster, both proxies, and works in turns, as one table.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { PROXIES, startCluster, startProxy } from './cluster.js';
import { rowsOf } from './judge.js';
import { endAll } from './processes.js';
import { progress } from './rounds.js';
import { ratio, sample } from './statistics.js';
import { terminalTable } from './table.js';

/** The API server itself: the floor, for both. */
export const DIRECT = 'direct';

/** @typedef {import('./cluster.js').Cluster} Cluster */
/** @typedef {import('./judge.js').Measured} Measured */
/** @typedef {{ name: string, port: number, pid?: number }} Side a proxy, or the API server itself, which has no `pid` here */
/**
 * @typedef {object} LiveWork
 * @property {string} id
 * @property {string} words
 * @property {readonly string[]} sides in the order of their turns
 * @property {(cluster: Cluster, side: Side) => Promise<Record<string, number | undefined>>} measure figures by name
 */
/** @typedef {{ work: string, figure: string, words: string, unit: string }} Note a figure that has no target */
/**
 * @typedef {object} LiveBench
 * @property {string} name of the npm script
 * @property {string} help what it does
 * @property {number} rounds
 * @property {readonly import('./targets.js').Target[]} targets
 * @property {readonly Note[]} notes
 * @property {readonly LiveWork[]} works
 */

/**
 * The whole of a bench, from its arguments to its exit code.
 * @param {LiveBench} bench
 */
export async function runLive(bench) {
  try {
    const options = parseOptions(bench, process.argv.slice(2));
    if (options === null) console.log(helpOf(bench));
    else await main(bench, options);
  } catch (error) {
    console.error(`${bench.name}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  } finally {
    await endAll();
  }
}

/** @param {LiveBench} bench */
function helpOf({ name, help, rounds, works }) {
  return `Usage: npm run ${name} -- [options]

${help}
It needs KUBEBUILDER_ASSETS, the folder of the end-to-end tests' programs.

  --rounds N   of each (${rounds})
  --only IDS   of ${works.map(({ id }) => id).join(', ')}; with commas between them
  --json FILE  all figures of all rounds
  --help`;
}

/** @param {LiveBench} bench @param {string[]} args @returns null for help; throws an error with one sentence */
function parseOptions({ rounds, works }, args) {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', default: false },
      rounds: { type: 'string', default: String(rounds) },
      only: { type: 'string', default: '' },
      json: { type: 'string' },
    },
  });
  if (values.help) return null;
  if (!/^[1-9]\d*$/.test(values.rounds)) throw new Error('--rounds is a whole number from 1');
  const ids = values.only.split(',').filter((id) => id !== '');
  const strange = ids.find((id) => works.every((work) => work.id !== id));
  if (strange !== undefined) throw new Error(`--only knows no "${strange}"; see --help`);
  const chosen = works.filter(({ id }) => ids.length === 0 || ids.includes(id));
  return { rounds: Number(values.rounds), json: values.json, works: chosen };
}

/** @param {LiveBench} bench @param {NonNullable<ReturnType<typeof parseOptions>>} options */
async function main({ targets, notes }, { rounds, json, works }) {
  progress('starting the cluster');
  const cluster = await startCluster();
  try {
    /** @type {Side[]} */
    const sides = [{ name: DIRECT, port: cluster.port }];
    for (const name of PROXIES) sides.push(await startProxy(cluster, name));
    const measured = await takeTurns(cluster, sides, works, rounds);
    const rows = rowsOf(targets, measured);
    const facts = factsOf(rounds);
    console.log([facts, '', terminalTable(rows), '', ...noteLines(notes, measured)].join('\n'));
    if (json !== undefined) writeFileSync(json, `${JSON.stringify({ facts, rows, measured })}\n`);
  } finally {
    await endAll(); // proxies first, what they were started for last
    await cluster.stop();
  }
}

/**
 * All works and sides once, then again: what changes on the machine meanwhile meets all alike.
 * @param {Cluster} cluster
 * @param {readonly Side[]} sides
 * @param {readonly LiveWork[]} works
 * @param {number} rounds
 */
async function takeTurns(cluster, sides, works, rounds) {
  /** @type {Measured} */
  const measured = {};
  for (let round = 1; round <= rounds; round++) {
    for (const { id, words, measure, sides: names } of works) {
      for (const side of sides.filter(({ name }) => names.includes(name))) {
        progress(`round ${round} of ${rounds}: ${words}, ${side.name}`);
        const figures = await measure(cluster, side);
        for (const [figure, value] of Object.entries(figures)) {
          if (value === undefined) continue;
          measured[id] ??= {};
          measured[id][side.name] ??= {};
          measured[id][side.name][figure] ??= [];
          measured[id][side.name][figure].push(value);
        }
      }
    }
  }
  progress('');
  return measured;
}

/** @param {number} rounds */
function factsOf(rounds) {
  const processors = cpus();
  return (
    `${new Date().toISOString().slice(0, 10)}, ${processors.length} cores of ${processors[0]?.model}, Node ${process.versions.node}, ` +
    `kube-apiserver and etcd on the same machine; medians of ${rounds} rounds in turns, ± half of the width from least to most.`
  );
}

/**
 * @param {readonly Note[]} notes
 * @param {Measured} measured
 * @returns {string[]}
 */
function noteLines(notes, measured) {
  return notes.flatMap(({ work, figure, words, unit }) => {
    const samples = Object.entries(measured[work] ?? {}).flatMap(([side, figures]) =>
      figures[figure] === undefined ? [] : [{ side, sample: sample(figures[figure]) }],
    );
    if (samples.length === 0) return [];
    const of = (/** @type {string} */ name) => samples.find(({ side }) => side === name)?.sample;
    const [ours, theirs] = PROXIES.map(of);
    const times = ours && theirs?.median ? ` (${ratio(ours, theirs).toFixed(2)})` : '';
    const figures = samples.map(({ side, sample }) => `${side} ${short(sample.median)} ${unit}`);
    return [`${words}: ${figures.join(', ')}${times}`];
  });
}

/** Three digits. @param {number} value */
function short(value) {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
