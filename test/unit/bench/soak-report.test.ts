import { describe, expect, it } from 'vitest';
import type { Churned } from '../../../bench/churn.js';
import { soakReport } from '../../../bench/soak-report.js';

const MINUTE = 60_000;
const STATUS = 'status: up 30m\n  dropped: 0 log lines, 0 audit events\n';

/** Half an hour in which nothing was wrong but for what `change` does to it. */
function soak({
  growth = 0,
  files = 0,
  failed = 0,
  lines = 0,
  rate = 1,
  status = STATUS,
  churned = null as Churned | null,
}) {
  const samples = Array.from({ length: 31 }, (_, i) => ({
    at: i * MINUTE,
    rss: 100e6 + (i % 3) * 1e6 + growth * i,
    files: 500 + files * i,
    cpu: i,
    requests: i * 60_000 * rate,
  }));
  const last = { requests: 1000, watches: 10, events: 5, errors: [], failed, away: 3, cut: 7 };
  const counted = [1010 + lines, 1010];
  return soakReport({
    name: 'porthole',
    samples,
    warmUpMs: 5 * MINUTE,
    last,
    status,
    lines: counted,
    rate: 1000,
    churned,
  });
}

describe('the report of a soak', () => {
  it('has no target missed where nothing grew, failed or got lost', () => {
    expect(soak({})).toMatchObject({ met: true });
    expect(soak({}).text).not.toContain('NO');
  });

  it.each([
    ['memory that grows', { growth: 1e6 }, /^RSS slope .* NO$/m],
    ['files that are not closed', { files: 4 }, /^open files.* NO$/m],
    ['a rate that was not reached', { rate: 0.9 }, /^requests a second.* NO$/m],
    ['a request that failed', { failed: 1 }, /^failed .* NO$/m],
    ['a line that is not there', { lines: -1 }, /^lines of the request log .* NO$/m],
    ['a line too many', { lines: 1 }, /^lines of the request log .* NO$/m],
    ['a dropped line', { status: 'dropped: 1 log lines, 0 audit events' }, /^dropped .* NO$/m],
    ['no word on what was dropped', { status: '' }, /^dropped .* NO$/m],
  ])('tells of %s', (_, change, line) => {
    const { text, met } = soak(change);
    expect(text).toMatch(line);
    expect(met).toBe(false);
  });

  it('tells what was changed, and what that cost, beside what should not have failed', () => {
    const { text, met } = soak({
      churned: { certificates: 5, contexts: 4, broken: 3, restarts: 2 },
    });
    expect(text).toMatch(/^restarts of the API server +2$/m);
    expect(text).toMatch(/^failed while it was away +3$/m);
    expect(text).toMatch(/^watches cut with all this +7$/m);
    expect(met).toBe(true);
  });
});
