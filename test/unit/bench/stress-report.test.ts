import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HELD, mayHold, stressReport } from '../../../bench/stress-report.js';
import { STRESS_WORKS } from '../../../bench/stress-works.js';

const MIB = 1024 * 1024;
const well = {
  work: 'silent',
  proxy: 'porthole',
  ms: [1, 2, 3],
  failed: {},
  before: { rss: 70 * MIB, files: 20 },
  most: 5_020,
  peak: 150 * MIB,
  crowd: {},
  recoveredMs: 1_000,
  after: { rss: 120 * MIB, files: 20 },
};

/** The last cell of the one row that there is. */
function verdict(measure: Partial<typeof well> | { recoveredMs: null }): string | undefined {
  const lines = stressReport([{ ...well, ...measure }], true).split('\n');
  expect(lines).toHaveLength(3);
  return lines[2]?.split(' | ').at(-1)?.replace(' |', '');
}

describe('a report of load', () => {
  it.each<[string, Partial<typeof well> | { recoveredMs: null }, string]>([
    ['is good', {}, 'yes'],
    ['tells when others wait', { ms: [1, 101] }, 'others wait'],
    ['tells when others are not served', { failed: { ECONNRESET: 1 } }, 'others wait'],
    ['tells when nobody is served', { ms: [], failed: { '503': 9 } }, 'others wait'],
    ['tells when it holds more than it may', { peak: 500 * MIB }, 'memory'],
    [
      'does not know what another proxy may hold',
      { proxy: 'kubectl proxy', peak: 500 * MIB },
      'yes',
    ],
    ['tells when it does not recover', { recoveredMs: null }, 'does not recover'],
  ])('%s', (_, measure, expected) => {
    expect(verdict(measure)).toBe(expected);
  });

  it('knows every work by an id of its own', () => {
    expect(new Set(STRESS_WORKS.map(({ id }) => id)).size).toBe(STRESS_WORKS.length);
  });
});

it('docs/reliability.md has what the report judges memory by', () => {
  const page = readFileSync(new URL('../../../docs/reliability.md', import.meta.url), 'utf8');
  const sums = { base: MIB, connection: 1024, head: 1024, exchange: 1024 };
  for (const [name, bytes] of Object.entries(HELD)) {
    const unit = sums[name as keyof typeof sums];
    const size = `${bytes / unit} ${unit === MIB ? 'MiB' : 'KiB'} `;
    expect(page, name).toMatch(new RegExp(`^\\+? *${size}`, 'm'));
  }
  expect(mayHold({ connections: 1, heads: 1, exchanges: 1 })).toBe(
    HELD.base + HELD.connection + HELD.head + HELD.exchange,
  );
});
