import { describe, expect, it } from 'vitest';
import { chart } from '../../../bench/chart.js';
import { rowsOf } from '../../../bench/judge.js';
import { between, markdownTable, terminalTable } from '../../../bench/table.js';
import { TARGETS } from '../../../bench/targets.js';

const rows = rowsOf(
  TARGETS.filter(({ id }) => ['rate-32', 'cpu-32', 'cpu-32-nginx', 'contexts'].includes(id)),
  {
    'small-32': {
      porthole: { rate: [24_400, 24_000, 25_000], cpu: [40, 41, 42] },
      'kubectl proxy': { rate: [12_300, 12_000, 12_100], cpu: [100, 99, 103] },
      nginx: { rate: [31_800, 31_000, 32_000], cpu: [28, 29, 28] },
    },
    contexts: { porthole: { start: [1200] } },
  },
);

describe('the table', () => {
  it('has a column for each proxy that was measured, and says of each row whether it is met', () => {
    expect(markdownTable(rows)).toBe(`\
| work | porthole | kubectl proxy | nginx | ratio | target | met |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| small GETs, 32 connections | 24.4 k req/s ± 2 % | 12.1 k req/s ± 1 % | 31.8 k req/s ± 2 % | 2.02 | ≥ 2 × kubectl proxy | yes |
| CPU per request, 32 connections | 41.0 µs ± 2 % | 100 µs ± 2 % | 28.0 µs ± 2 % | 0.41 | ≤ 0.45 × kubectl proxy | yes |
| CPU per request, 32 connections, to nginx | 41.0 µs ± 2 % | 100 µs ± 2 % | 28.0 µs ± 2 % | 1.46 | ≤ 1.6 × nginx | yes |
| cold start with 5,000 contexts | 1200 ms |  |  |  | ≤ 1000 ms | no |`);
  });

  it('stands in columns on a terminal', () => {
    const lines = terminalTable(rows).split('\n');
    const at = lines[0]?.indexOf('ratio') ?? -1;
    expect(lines[1]?.slice(at, at + 5)).toBe(' 2.02');
    expect(lines[4]?.slice(at, at + 5)).toBe('     ');
  });

  it('replaces what stands between the markers of a page, and nothing else', () => {
    const page = 'before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n';
    const once = between(page, 'new');
    expect(once).toBe('before\n<!-- bench -->\nnew\n<!-- /bench -->\nafter\n');
    expect(between(once, 'new')).toBe(once);
    expect(() => between('a page', 'new')).toThrow('no <!-- bench --> ... <!-- /bench -->');
  });
});

it('the chart has a bar and a mark for each ratio to kubectl proxy, coloured by whether it is met', () => {
  const svg = chart(rows);
  expect(svg.match(/<rect class="(met|short)"/g)).toEqual([
    '<rect class="met"',
    '<rect class="met"',
  ]);
  expect(svg.match(/class="mark"/g)).toHaveLength(2);
  const [row] = rows;
  if (row === undefined) throw new Error('no row');
  expect(chart([{ ...row, value: 1.1, met: false }])).toContain('<rect class="short"');
});
