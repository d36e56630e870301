import { describe, expect, it } from 'vitest';
import { parseWrk } from '../../../bench/load.js';

/** As wrk 4.1.0 prints it. */
function output(distribution: string, summary: string): string {
  return `Running 1s test @ http://127.0.0.1:45991/
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   280.07us  764.58us  17.65ms   96.27%
    Req/Sec    47.25k    19.03k   60.82k    99.00%
  Latency Distribution
${distribution}
${summary}
`;
}

const QUICK = `     50%  128.00us
     75%  225.00us
     90%  436.00us
     99%    2.49ms`;
const SLOW = `     50%    1.10s${' '}
     75%    1.10s${' '}
     90%    1.10s${' '}
     99%    1.20m${' '}`;
const NONE = QUICK.replace(/[\d.]+(us|ms)/g, '0.00us');

describe("wrk's words", () => {
  it('are requests, their rate, and latencies in milliseconds', () => {
    const summary =
      '  46910 requests in 1.00s, 17.31MB read\nRequests/sec:  46898.42\nTransfer/sec:     17.31MB';
    expect(parseWrk(output(QUICK, summary))).toEqual({
      requests: 46910,
      rate: 46898.42,
      p50: 0.128,
      p99: 2.49,
    });
  });

  it('have seconds and minutes when answers are slow', () => {
    const summary =
      '  16 requests in 3.01s, 1.92KB read\nRequests/sec:      5.32\nTransfer/sec:     654.85B';
    expect(parseWrk(output(SLOW, summary))).toEqual({
      requests: 16,
      rate: 5.32,
      p50: 1100,
      p99: 72_000,
    });
  });

  it.each([
    [
      'refusals',
      '  58513 requests in 1.10s, 7.87MB read\n  Non-2xx or 3xx responses: 58513\nRequests/sec:  53192.23',
      /Non-2xx or 3xx responses: 58513/,
    ],
    [
      'cut connections',
      '  900 requests in 1.00s, 7.87MB read\n  Socket errors: connect 0, read 13389, write 0, timeout 0\nRequests/sec:      900.00',
      /Socket errors: connect 0, read 13389/,
    ],
    [
      'silence',
      '  0 requests in 1.00s, 0.00B read\nRequests/sec:      0.00\nTransfer/sec:       0.00B',
      /no answer/,
    ],
  ])('do not count when they tell of %s', (_what, summary, words) => {
    const distribution = summary.startsWith('  0 ') ? NONE : QUICK;
    expect(() => parseWrk(output(distribution, summary))).toThrow(words);
  });

  it('that are others are an error, not NaN in a table', () => {
    expect(() => parseWrk('unable to connect to 127.0.0.1:1 Connection refused')).toThrow(
      'wrk said something else: unable to connect',
    );
  });
});
