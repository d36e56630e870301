// How something that is sampled again and again grows.

/** Neighbouring samples tell the same; means of this many stretches are taken for independent. */
const STRETCHES = 20;

/**
 * Least squares through samples at equal distances, and how sure that is.
 * @param {readonly number[]} samples
 * @param {number} hours from the first to the last
 * @returns {{ slope: number, error: number }} a change an hour, and its standard error; both 0 for fewer than three samples
 */
export function trend(samples, hours) {
  const length = Math.max(1, Math.floor(samples.length / STRETCHES));
  const means = stretches(samples, length);
  const n = means.length;
  if (n < 3) return { slope: 0, error: 0 };
  const step = (length * hours) / (samples.length - 1);
  const middle = (n - 1) / 2;
  const mean = means.reduce((sum, y) => sum + y, 0) / n;
  let across = 0;
  let along = 0;
  for (const [i, y] of means.entries()) {
    across += (i - middle) * (y - mean);
    along += (i - middle) ** 2;
  }
  const each = across / along;
  const left = means.reduce((sum, y, i) => sum + (y - mean - each * (i - middle)) ** 2, 0);
  return { slope: each / step, error: Math.sqrt(left / (n - 2) / along) / step };
}

/**
 * Means of so many neighbours each; what is left over at the start is left out.
 * @param {readonly number[]} samples
 * @param {number} length
 */
function stretches(samples, length) {
  const count = Math.floor(samples.length / length);
  const first = samples.length - count * length;
  return Array.from({ length: count }, (_, i) => {
    const from = first + i * length;
    return samples.slice(from, from + length).reduce((sum, y) => sum + y, 0) / length;
  });
}
