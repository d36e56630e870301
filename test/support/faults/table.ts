// Many findings of one row as one cell, and all rows as a table.
import type { Finding } from './sight.ts';

/** One play. */
export interface Played {
  /** The kind of fault; '' where a row has only one. */
  readonly variant: string;
  readonly finding: Finding;
}

/** A row with what was seen of each proxy. */
export interface Line {
  readonly fault: string;
  readonly promised: string;
  /** By proxy. */
  readonly seen: Readonly<Record<string, readonly Played[]>>;
}

/** `30 of 30 cut, seen; next request: 29 of 30 whole and right, 1 of 30 cut, seen (garbage); bystanders cut: 0 of 300` */
export function cellOf(played: readonly Played[]): string {
  if (played.length === 0) return '';
  const findings = played.map(({ finding }) => finding);
  const words = keysOf(findings.map(({ saw }) => saw)).map((about) => {
    const text = tally(played, about);
    return about === '' ? text : `${about}: ${text}`;
  });
  const pairs = keysOf(findings.map(({ counts }) => counts)).map((about) => {
    const sum = (nth: 0 | 1): number =>
      findings.reduce((all, { counts }) => all + (counts?.[about]?.[nth] ?? 0), 0);
    return `${about}: ${sum(0)} of ${sum(1)}`;
  });
  const times = keysOf(findings.map(({ ms }) => ms)).map((about) => {
    const longest = Math.max(...findings.map(({ ms }) => ms?.[about] ?? 0));
    return `${about}: ${Math.ceil(longest)} ms at most`;
  });
  return [...words, ...pairs, ...times].join('; ');
}

function keysOf(records: readonly (object | undefined)[]): string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record ?? {})))];
}

/** The most frequent first. Kinds of faults are named where only some of them were seen so. */
function tally(played: readonly Played[], about: string): string {
  const plays = played.filter(({ finding }) => finding.saw[about] !== undefined);
  const all = new Set(plays.map(({ variant }) => variant));
  const byWords = new Map<string, Played[]>();
  for (const play of plays) {
    const words = play.finding.saw[about] ?? '';
    byWords.set(words, [...(byWords.get(words) ?? []), play]);
  }
  return [...byWords]
    .sort(([, one], [, other]) => other.length - one.length)
    .map(([words, those]) => {
      const variants = new Set(those.map(({ variant }) => variant));
      const which = variants.size < all.size ? ` (${[...variants].join(', ')})` : '';
      return `${those.length} of ${plays.length} ${words}${which}`;
    })
    .join(', ');
}

/** For docs/reliability.md. */
export function markdownOf(lines: readonly Line[], proxies: readonly string[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    row(['fault', 'promised', ...proxies]),
    row(['---', '---', ...proxies.map(() => '---')]),
    ...lines.map(({ fault, promised, seen }) =>
      row([fault, promised, ...proxies.map((name) => cellOf(seen[name] ?? []))]),
    ),
  ].join('\n');
}

/** For the terminal. */
export function textOf(lines: readonly Line[], proxies: readonly string[]): string {
  const width = Math.max(...['promised', ...proxies].map(({ length }) => length));
  const entry = (name: string, text: string): string => `  ${name.padEnd(width)}  ${text}`;
  return lines
    .map(({ fault, promised, seen }) =>
      [
        fault,
        entry('promised', promised),
        ...proxies.map((name) => entry(name, cellOf(seen[name] ?? []))),
      ].join('\n'),
    )
    .join('\n\n');
}
