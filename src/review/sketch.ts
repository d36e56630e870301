/** A quantile is off by this much of itself at most. */
export const RELATIVE_ERROR = 0.01;

const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const LOG_GAMMA = Math.log(GAMMA);
/** Up to about four months; whatever lasts longer counts as that, but for the maximum. */
const BUCKETS = 1500;

/**
 * The distribution of latencies in a fixed room of 6 KB, however many there are: counts in buckets that grow by 2 %
 * (the idea of DDSketch, arXiv 1908.10693).
 */
export class LatencySketch {
  count = 0;
  /** In µs. */
  max = 0;
  readonly #counts = new Uint32Array(BUCKETS);

  /** In µs. */
  add(latency: number): void {
    // Bucket i holds what is above GAMMA^(i-1) and up to GAMMA^i; the first one what is 1 µs or less.
    const bucket = latency <= 1 ? 0 : Math.ceil(Math.log(latency) / LOG_GAMMA);
    const at = Math.min(bucket, BUCKETS - 1);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.count++;
    if (latency > this.max) this.max = latency;
  }

  /** In µs, by nearest rank: the smallest latency that `share` (0 to 1) of all do not exceed. 0 of nothing. */
  quantile(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.count));
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      // In the middle of the bucket, by proportion.
      if (seen >= rank) return Math.min(this.max, (2 * GAMMA ** bucket) / (GAMMA + 1));
    }
    return 0;
  }
}
