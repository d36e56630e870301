// Whether every row of the list of hazards is held by a test, as a table.
import type { Area, Row } from './area.ts';

/** A test that ran. */
export interface Result {
  /** Its title; that of the group it stands in, where only this begins with an id. */
  readonly title: string;
  readonly state: 'passed' | 'failed' | 'skipped' | 'pending';
}

/** What the table says, and why it is not good enough. */
export interface Judgement {
  readonly lines: readonly string[];
  /** `H01: no test`; none when every row is held. */
  readonly failures: readonly string[];
}

/** One id or some, `S01, S02`, with which a title begins; vitest puts what `$id` stands for between quotes. */
const ID = String.raw`[A-Z]+(?:\d\d|[-_][A-Z0-9_-]*[A-Z0-9])`;
const IDS = new RegExp(`^'?(${ID}(?:, ${ID})*)(?=[ :']|$)`);

/** The ids that a title begins with; none where it begins with something else. */
export function idsOf(title: string): readonly string[] {
  return IDS.exec(title)?.[1]?.split(', ') ?? [];
}

/**
 * Judges the areas by the tests that ran. `sourceOf` gives the text of a file of this project, undefined where there is none.
 */
export function judge(
  areas: readonly Area[],
  results: readonly Result[],
  sourceOf: (file: string) => string | undefined,
): Judgement {
  const byId = new Map<string, Result[]>();
  const failures: string[] = [];
  const known = new Set(areas.flatMap(({ rows }) => rows.map(({ id }) => id)));
  for (const result of results) {
    if (result.state !== 'passed') failures.push(`${result.state}: ${result.title}`);
    const ids = idsOf(result.title);
    if (ids.length === 0) failures.push(`no id: ${result.title}`);
    for (const id of ids) {
      if (!known.has(id)) failures.push(`unknown id: ${result.title}`);
      byId.set(id, [...(byId.get(id) ?? []), result]);
    }
  }
  const counted = areas.map((area) => count(area, byId, sourceOf, failures));
  return { lines: lay(counted, areas), failures };
}

interface Counts {
  readonly area: string;
  readonly rows: number;
  readonly held: number;
  readonly tests: number;
  readonly passed: number;
  readonly elsewhere: number;
  readonly differing: number;
}

function count(
  { section, name, rows }: Area,
  byId: ReadonlyMap<string, readonly Result[]>,
  sourceOf: (file: string) => string | undefined,
  failures: string[],
): Counts {
  let held = 0;
  for (const row of rows) {
    const missing = missingOf(row, byId.get(row.id) ?? [], sourceOf);
    if (missing === undefined) held++;
    else failures.push(`${row.id} (${row.words}): ${missing}`);
  }
  const tests = rows.flatMap(({ id }) => byId.get(id) ?? []);
  return {
    area: `${section} ${name}`,
    rows: rows.length,
    held,
    tests: tests.length,
    passed: tests.filter(({ state }) => state === 'passed').length,
    elsewhere: rows.filter((row) => row.held !== 'here').length,
    differing: rows.filter(({ differs }) => differs !== undefined).length,
  };
}

/** Why a row is not held; undefined if it is. */
function missingOf(
  { held }: Row,
  results: readonly Result[],
  sourceOf: (file: string) => string | undefined,
): string | undefined {
  if (held === 'here') {
    if (results.length === 0) return 'no test';
    return results.every(({ state }) => state === 'passed') ? undefined : 'a test did not pass';
  }
  for (const { file, title } of [held].flat()) {
    const source = sourceOf(file);
    if (source === undefined) return `there is no ${file}`;
    if (title === '' || !source.includes(title)) return `no test '${title}' in ${file}`;
  }
  return undefined;
}

function lay(counted: readonly Counts[], areas: readonly Area[]): string[] {
  const sum = (of: (counts: Counts) => number) => counted.reduce((all, one) => all + of(one), 0);
  const total: Counts = {
    area: 'all',
    rows: sum(({ rows }) => rows),
    held: sum(({ held }) => held),
    tests: sum(({ tests }) => tests),
    passed: sum(({ passed }) => passed),
    elsewhere: sum(({ elsewhere }) => elsewhere),
    differing: sum(({ differing }) => differing),
  };
  const width = Math.max(...[...counted, total].map(({ area }) => area.length));
  const line = (name: string, cells: readonly (string | number)[]) =>
    `${name.padEnd(width)}${cells.map((cell) => String(cell).padStart(11)).join('')}`;
  const words = ['rows', 'held', 'tests', 'passed', 'elsewhere', 'different'];
  const differing = areas.flatMap(({ rows }) =>
    rows.flatMap(({ id, differs }) => (differs === undefined ? [] : [`${id}: ${differs}`])),
  );
  return [
    line('area', words),
    ...[...counted, total].map(({ area, ...counts }) => line(area, Object.values(counts))),
    ...(differing.length === 0 ? [] : ['', 'different by design', ...differing]),
  ];
}
