import { quote } from '../printable.ts';

const SHOWN = 5;

/**
 * The end of a sentence about a name that does not exist: which ones are like it, or which there are at all. Starts with
 * `; ` and is one line.
 */
export function didYouMean(name: string, kind: string, known: Iterable<string>): string {
  const names = [...known].filter((candidate) => candidate !== '');
  if (names.length === 0) return `; there are no ${kind}s`;
  const like = names
    .map((candidate) => ({ candidate, distance: distanceBetween(name, candidate) }))
    .filter(({ distance }) => distance <= Math.min(3, Math.ceil(name.length / 2)))
    .sort((a, b) => a.distance - b.distance)
    .map(({ candidate }) => candidate);
  if (like.length > 0) return `; did you mean ${list(like.slice(0, 3), ' or ')}?`;
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return `; the ${kind}s are ${list(names.slice(0, SHOWN), ', ')}${more}`;
}

function list(names: readonly string[], separator: string): string {
  return names.map(quote).join(separator);
}

/** Levenshtein's, ignoring case; a name inside the other (`prod` in `arn:aws:...:cluster/prod`) is 1 apart. */
function distanceBetween(one: string, other: string): number {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  if (a === b) return 0;
  if (a.length > 2 && b.includes(a)) return 1;
  if (a.length > 100 || b.length > 100) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
