import { describe, expect, it } from 'vitest';
import { gate, isFarShort, isMet, rowsOf } from '../../../bench/judge.js';
import type { Target } from '../../../bench/targets.js';
import { TARGETS } from '../../../bench/targets.js';
import { WORKS } from '../../../bench/works.js';

const rate: Target = {
  id: 'rate',
  words: 'small GETs',
  work: 'small',
  figure: 'rate',
  unit: 'req/s',
  to: 'kubectl proxy',
  atLeast: 2,
};
const cpu: Target = { ...rate, id: 'cpu', figure: 'cpu', unit: 'µs', atMost: 0.45 };
delete (cpu as { atLeast?: number }).atLeast;

const measured = {
  small: {
    porthole: { rate: [40, 50, 60], cpu: [5, 6, 4] },
    'kubectl proxy': { rate: [20, 30, 25], cpu: [10, 10, 10] },
  },
  many: { porthole: { cpu: [6, 6, 6] } },
};

describe('rows', () => {
  it('are ratios of medians, judged by their targets', () => {
    const rows = rowsOf([rate, cpu], measured);
    expect(rows.map(({ target: { id }, value, met }) => ({ id, value, met }))).toEqual([
      { id: 'rate', value: 2, met: true },
      { id: 'cpu', value: 0.5, met: false },
    ]);
  });

  it("without a peer are porthole's own figure; growth is a ratio of each round", () => {
    const growth = { id: 'growth', words: '', work: 'many', figure: 'cpu', unit: 'times' };
    const [row] = rowsOf([{ ...growth, per: 'small', atMost: 1.2 }], measured);
    expect(row?.samples['porthole']).toEqual({ median: 1.2, min: 1, max: 1.5, rounds: 3 });
    expect(row?.met).toBe(true);
  });

  it('of steps are how much dearer the second is than the first', () => {
    const works = { a: [10], b: [14], c: [20] };
    const [row] = rowsOf(
      [{ ...cpu, to: undefined, work: 'c', steps: ['a', 'b'] } as unknown as Target],
      Object.fromEntries(
        Object.entries(works).map(([id, rounds]) => [id, { porthole: { cpu: rounds } }]),
      ),
    );
    expect(row?.value).toBe(1.5);
  });

  it('are left out when this run lacks a figure, instead of being met or missed', () => {
    const alone = { small: { porthole: measured.small.porthole } };
    expect(rowsOf([rate], alone)).toEqual([]);
    expect(rowsOf([rate], {})).toEqual([]);
  });
});

describe('the gate', () => {
  it.each([
    [rate, 1.99, false, false],
    [rate, 1.2, false, false],
    [rate, 1.19, false, true],
    [rate, 2, true, false],
    [cpu, 0.45, true, false],
    [cpu, 0.75, false, false],
    [cpu, 0.76, false, true],
    [{ ...cpu, to: 'nginx' }, 9, false, false],
    [{ ...cpu, gate: 5 }, 5, false, false],
    [{ ...cpu, gate: 5 }, 5.1, false, true],
  ])('%o at %d: met %s, far short %s', (target, value, met, short) => {
    expect(isMet(target, value)).toBe(met);
    expect(isFarShort(target, value)).toBe(short);
  });

  /** Attempts whose ratios are given, by id, try by try. */
  function attempts(tries: readonly Record<string, number>[]) {
    const asked: (readonly string[] | null)[] = [];
    const attempt = async (rows: readonly { target: Target }[] | null) => {
      const values = tries[asked.length] ?? {};
      asked.push(rows?.map(({ target }) => target.id) ?? null);
      return [rate, cpu]
        .filter(({ id }) => id in values)
        .map((target) => ({ target, samples: {}, value: values[target.id] ?? 0, met: false }));
    };
    return { asked, attempt };
  }

  it('asks again only for what was far short, and forgets what was noise', async () => {
    const { asked, attempt } = attempts([{ rate: 1, cpu: 0.5 }, { rate: 1.5 }]);
    expect(await gate(3, attempt)).toEqual([]);
    expect(asked).toEqual([null, ['rate']]);
  });

  it('closes when a ratio stays far short in all tries', async () => {
    const { asked, attempt } = attempts([
      { rate: 1, cpu: 0.9 },
      { rate: 1, cpu: 0.5 },
      { rate: 1 },
    ]);
    expect((await gate(3, attempt)).map(({ target }) => target.id)).toEqual(['rate']);
    expect(asked).toEqual([null, ['rate', 'cpu'], ['rate']]);
  });
});

it('every target names works that there are, and has one bound', () => {
  const works = new Set(WORKS.map(({ id }) => id));
  for (const { id, work, per = work, steps = [], atLeast, atMost } of TARGETS) {
    expect(
      [work, per, ...steps].filter((name) => !works.has(name)),
      id,
    ).toEqual([]);
    expect((atLeast === undefined) !== (atMost === undefined), id).toBe(true);
  }
});
