import { describe, expect, it } from 'vitest';
import { AREAS } from '../../hazards/areas.ts';
import { idsOf, judge, type Result } from '../../hazards/table.ts';

const ROWS = [
  { id: 'H01', words: 'a', priority: 'P0', held: 'here' },
  { id: 'H02', words: 'b', priority: 'P1', held: { file: 'x.test.ts', title: 'holds b' } },
] as const;
const AREA = { section: '3.1', name: 'Host', rows: ROWS };
const PASSED: Result = { title: 'H01 evil', state: 'passed' };
const sources = (file: string) => (file === 'x.test.ts' ? "it('holds b', () => {})" : undefined);

function failures(results: readonly Result[], rows: readonly (typeof ROWS)[number][] = ROWS) {
  return judge([{ ...AREA, rows }], results, sources).failures;
}

describe('the table of hazards', () => {
  it('counts rows, tests, what passed, what others hold', () => {
    const { lines, failures } = judge([AREA], [PASSED, PASSED], sources);
    expect(failures).toEqual([]);
    expect(lines.at(-1)?.trim().split(/\s+/)).toEqual(['all', '2', '2', '2', '2', '1', '0']);
  });

  it.each([
    ['has no test', [], 'H01 (a): no test'],
    ['has a test that failed', [{ ...PASSED, state: 'failed' }], 'H01 (a): a test did not pass'],
    ['has a test that was skipped', [PASSED, { ...PASSED, state: 'skipped' }], 'skipped: H01 evil'],
  ] as [string, Result[], string][])('fails when a row %s', (_, results, why) => {
    expect(failures(results)).toContain(why);
  });

  it.each(['evil', 'H1 evil', 'h01 evil', 'H011'])(
    'fails for a test without an id: %s',
    (title) => {
      expect(failures([PASSED, { title, state: 'passed' }])).toEqual([`no id: ${title}`]);
    },
  );

  it('fails for a test of a row that is not there', () => {
    expect(failures([PASSED, { title: 'H99 x', state: 'passed' }])).toEqual(['unknown id: H99 x']);
  });

  it.each([
    [{ file: 'y.test.ts', title: 'holds b' }, 'H02 (b): there is no y.test.ts'],
    [{ file: 'x.test.ts', title: 'holds c' }, "H02 (b): no test 'holds c' in x.test.ts"],
    [{ file: 'x.test.ts', title: '' }, "H02 (b): no test '' in x.test.ts"],
  ])('fails when nobody else holds a row: %j', (held, why) => {
    const rows = [ROWS[0], { ...ROWS[1], held }];
    expect(judge([{ ...AREA, rows }], [PASSED], sources).failures).toEqual([why]);
  });

  it('reads one id, some, and those of other suites', () => {
    expect(idsOf('S01, S02 both')).toEqual(['S01', 'S02']);
    expect(idsOf('SMUG-CL-TE-BOTH: x')).toEqual(['SMUG-CL-TE-BOTH']);
    expect(idsOf("'H04 a'")).toEqual(['H04']);
    expect(idsOf('COMP-HTTP10')).toEqual(['COMP-HTTP10']);
  });
});

describe('the rows', () => {
  const ids = AREAS.flatMap(({ rows }) => rows.map(({ id }) => id));

  it('are all there, each once', () => {
    expect(new Set(ids).size).toBe(ids.length);
    const count = (letter: string) =>
      ids.filter((id) => RegExp(`^${letter}\\d\\d$`).test(id)).length;
    expect([...'HXFSDUTRCKLG'].map(count)).toEqual([13, 14, 24, 22, 19, 19, 22, 11, 24, 18, 9, 8]);
  });
});
