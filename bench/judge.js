// From rounds to rows: which targets are met, and which are so far short that the gate closes.
import { KUBECTL, PORTHOLE } from './proxies.js';
import { ratio, sample } from './statistics.js';

/** How far short of its target a ratio may be before the gate closes: it is for what has been lost, not for noise. */
const GATE_SLACK = 0.4;

/** @typedef {import('./statistics.js').Sample} Sample */
/** @typedef {Record<string, Record<string, Record<string, number[]>>>} Measured rounds by work, proxy and figure */
/**
 * @typedef {object} Row
 * @property {Target} target
 * @property {Record<string, Sample>} samples by proxy
 * @property {number} value the ratio, or porthole's own figure when there is none
 * @property {boolean} met
 */

/** @typedef {import('./targets.js').Target} Target */

/**
 * A row for each target that this run has the figures for.
 * @param {readonly Target[]} targets
 * @param {Measured} measured
 * @returns {Row[]}
 */
export function rowsOf(targets, measured) {
  return targets.flatMap((target) => {
    const samples = samplesOf(target, measured);
    const ours = samples[PORTHOLE];
    const theirs = target.to === undefined ? null : samples[target.to];
    if (ours === undefined || theirs === undefined) return [];
    const value = theirs === null ? ours.median : ratio(ours, theirs);
    return [{ target, samples, value, met: isMet(target, value) }];
  });
}

/**
 * @param {Target} target
 * @param {Measured} measured
 * @returns {Record<string, Sample>}
 */
function samplesOf(target, measured) {
  /** @type {Record<string, Sample>} */
  const samples = {};
  for (const proxy of Object.keys(measured[target.work] ?? {})) {
    const rounds = roundsOf(target, (work) => measured[work]?.[proxy]?.[target.figure] ?? []);
    if (rounds.length > 0) samples[proxy] = sample(rounds);
  }
  return samples;
}

/**
 * @param {Target} target
 * @param {(work: string) => readonly number[]} figures of one proxy, a number for each round
 * @returns {readonly number[]}
 */
function roundsOf({ work, per, steps }, figures) {
  const own = figures(work);
  if (per !== undefined) return figures(per).map((other, round) => own[round] / other);
  if (steps === undefined) return own;
  const [a, b] = steps.map(figures);
  return own.map((c, round) => (c - b[round]) / (b[round] - a[round]));
}

/** @param {Target} target @param {number} value */
export function isMet(
  { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY },
  value,
) {
  return value >= atLeast && value <= atMost;
}

/**
 * Whether a ratio is more than 40 % short of its target: below 0.6 of what it should be at least, or above 1/0.6 of what it
 * should be at most, or above the target's own `gate`. Only ratios to `kubectl proxy` are gated.
 * @param {Target} target
 * @param {number} value
 */
export function isFarShort(
  { to, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY, gate },
  value,
) {
  if (to !== KUBECTL) return false;
  return value < atLeast * (1 - GATE_SLACK) || value > (gate ?? atMost / (1 - GATE_SLACK));
}

/**
 * Tries until no ratio is far short, at most `tries` times; each time again only those that were.
 * @param {number} tries
 * @param {(rows: readonly Row[] | null) => Promise<readonly Row[]>} attempt measures these rows, or all for null
 * @returns {Promise<readonly Row[]>} those that were far short every time
 */
export async function gate(tries, attempt) {
  /** @type {readonly Row[] | null} */
  let short = null;
  for (let i = 0; i < tries && short?.length !== 0; i++) {
    /** @type {readonly Row[]} */
    const rows = await attempt(short);
    short = rows.filter(({ target, value }) => isFarShort(target, value));
  }
  return short ?? [];
}
