// Medians of a few rounds, with their spread, and ratios of medians.

/** @typedef {{ median: number, min: number, max: number, rounds: number }} Sample */

/**
 * The middle of the numbers; of an even count, the mean of the two in the middle.
 * @param {readonly number[]} numbers
 * @returns {number}
 */
export function median(numbers) {
  if (numbers.length === 0) throw new RangeError('the median of no numbers');
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * @param {readonly number[]} numbers
 * @returns {Sample}
 */
export function sample(numbers) {
  return {
    median: median(numbers),
    min: Math.min(...numbers),
    max: Math.max(...numbers),
    rounds: numbers.length,
  };
}

/**
 * Half the width from min to max, as a share of the median: 0.05 is "± 5 %".
 * @param {Sample} sample
 * @returns {number}
 */
export function spread({ median, min, max }) {
  return median === 0 ? 0 : (max - min) / 2 / median;
}

/**
 * Of medians.
 * @param {Sample} a
 * @param {Sample} b
 * @returns {number}
 */
export function ratio(a, b) {
  return a.median / b.median;
}

/**
 * The value below which the share `p` (0..1) of the numbers lies, nearest rank.
 * @param {readonly number[]} numbers
 * @param {number} p
 * @returns {number}
 */
export function percentile(numbers, p) {
  if (numbers.length === 0) throw new RangeError('a percentile of no numbers');
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)];
}
