// What `npm run bench` may be asked for.
import { parseArgs } from 'node:util';

export const HELP = `Usage: npm run bench -- [options]

porthole beside kubectl proxy, nginx as a proxy, and http-proxy: in turns, in one run, as ratios.
It needs a build (npm run build), wrk and kubectl (on PATH, or in KUBEBUILDER_ASSETS), and nginx where there is one.

  --quick          rates, CPU, p99 at 32 and 128 connections, 64 KiB answers, starts: under two minutes
  --gate           a quick one of porthole and kubectl proxy alone; exits with 1 only when a ratio stays more than 40 % short of its target in three tries
  --rounds N       of each work and proxy (5; 3 with --quick)
  --seconds N      of load in each round (3; 2 with --quick)
  --only IDS       these works or rows, with ; between them: --only 'small-32;large' (a wrong one lists them all)
  --proxies NAMES  these proxies, with ; between them: --proxies 'porthole;porthole, audit'
  --beside DIR     another checkout with a build, too: before and after in one run (may be repeated)
  --json FILE      all figures of all rounds
  --from FILE      measures nothing: the report, and --write, from such a file
  --write          the table into README.md and docs/performance.md, the chart into docs/performance.svg
  --help`;

/** In the shape that node:util's parseArgs takes. */
export const FLAGS = /** @type {const} */ ({
  help: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  gate: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  only: { type: 'string', default: '' },
  proxies: { type: 'string', default: '' },
  beside: { type: 'string', multiple: true },
  json: { type: 'string' },
  from: { type: 'string' },
});

/**
 * @typedef {object} Options
 * @property {boolean} help
 * @property {boolean} quick
 * @property {boolean} gate
 * @property {boolean} write
 * @property {number} rounds
 * @property {number} seconds
 * @property {string[]} only ids, empty for all
 * @property {string[]} proxies names, empty for the usual ones
 * @property {string[]} beside folders
 * @property {string | undefined} json
 * @property {string | undefined} from
 */

/**
 * @param {string[]} args
 * @returns {Options} throws an error with one sentence
 */
export function parseOptions(args) {
  const { values } = parseArgs({ args, options: FLAGS });
  const { help, gate, write, beside = [], json, from } = values;
  const quick = values.quick || gate;
  return {
    ...{ help, quick, gate, write, beside, json, from },
    rounds: count('--rounds', values.rounds ?? (quick ? '3' : '5')),
    seconds: count('--seconds', values.seconds ?? (quick ? '2' : '3')),
    only: list(values.only),
    proxies: list(values.proxies),
  };
}

/** @param {string} flag @param {string} value */
function count(flag, value) {
  if (!/^[1-9]\d*$/.test(value))
    throw new Error(`${flag} is a whole number from 1, not "${value}"`);
  return Number(value);
}

/** @param {string} value */
function list(value) {
  return value
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
