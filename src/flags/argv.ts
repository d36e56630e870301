/** How may a flag be spelled? As pflag, and so kubectl, reads it; one plain spelling is made of all. */
import type { Flag } from './table.ts';

/** argv, sorted out, with all of its mistakes. */
export interface NormalArguments {
  /** `--long=value` for each flag, in order, switches too. */
  readonly words: readonly string[];
  /** What is not a flag: commands, and what stands after `--`. */
  readonly operands: readonly string[];
  /** A sentence for each word that is no flag of `flags`, or lacks its value. */
  readonly errors: readonly string[];
}

/** A flag as one word names it; `value` is undefined when it may be in the next word. */
interface Setting {
  readonly flag: Flag;
  readonly spelling: string;
  readonly value: string | undefined;
}

/** One word read: the flags that it sets, until a mistake. */
interface Reading {
  readonly settings: readonly Setting[];
  readonly error?: string;
}

/**
 * Reads argv as spf13/pflag does: `-p=0`, `-p0`, `-p 0`, `--port=0`, `--port 0`, `--accept_paths`, `--switch=false`, `--`.
 * Stricter in one place: a long flag behind a single dash (`-token=x`) is an error, and never a row of short ones.
 * Behind more than `ownOperands` operands, all is another program's command line and passed on as it is.
 */
export function normalise(
  argv: readonly string[],
  flags: readonly Flag[],
  ownOperands = Number.POSITIVE_INFINITY,
): NormalArguments {
  const rest = [...argv];
  const words: string[] = [];
  const operands: string[] = [];
  const errors: string[] = [];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      operands.push(...rest.splice(0));
      continue;
    }
    if (word === '-' || !word.startsWith('-')) {
      operands.push(word);
      if (operands.length > ownOperands) operands.push(...rest.splice(0));
      continue;
    }
    const { settings, error } = word.startsWith('--')
      ? readLong(word, flags)
      : readShort(word, flags);
    for (const { flag, spelling, value } of settings) {
      const text = value ?? (flag.takes === undefined ? 'true' : rest.shift());
      if (text === undefined) errors.push(`flag needs an argument: ${spelling}`);
      else words.push(`--${flag.long}=${text}`);
    }
    if (error !== undefined) {
      errors.push(error);
      // What follows an unknown flag is most likely its value, and may be a secret: it is not named as a stray word.
      if (!word.includes('=') && rest[0]?.startsWith('-') === false) rest.shift();
    }
  }
  return { words, operands, errors };
}

function readLong(word: string, flags: readonly Flag[]): Reading {
  const [name, value] = splitAtEquals(word.slice(2));
  if (name === '' || name.startsWith('-')) {
    return { settings: [], error: `bad flag syntax: --${name}${value === undefined ? '' : '='}` };
  }
  const flag = flags.find(({ long }) => long === withDashes(name));
  if (flag === undefined) return { settings: [], error: unknownFlag(`--${name}`, flags) };
  return { settings: [{ flag, spelling: `--${name}`, value }] };
}

function readShort(word: string, flags: readonly Flag[]): Reading {
  const [name] = splitAtEquals(word);
  if (name.length > 2 && flags.some(({ long }) => `-${long}` === withDashes(name))) {
    return { settings: [], error: unknownFlag(name, flags) };
  }
  const settings: Setting[] = [];
  for (let at = 1; at < word.length; at += 1) {
    const letter = word.charAt(at);
    const after = word.slice(at + 1);
    const spelling = `'${letter}' in ${word.slice(0, at + 1)}`;
    const flag = flags.find(({ short }) => short === letter);
    if (flag === undefined) return { settings, error: `unknown shorthand flag: ${spelling}` };
    if (after !== '' && (flag.takes !== undefined || after.startsWith('='))) {
      return { settings: [...settings, { flag, spelling, value: after.replace(/^=/, '') }] };
    }
    settings.push({ flag, spelling, value: undefined });
  }
  return { settings };
}

function withDashes(name: string): string {
  return name.replaceAll('_', '-');
}

function splitAtEquals(text: string): [name: string, value: string | undefined] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
}

function unknownFlag(written: string, flags: readonly Flag[]): string {
  const name = withDashes(written.replace(/^-+/, ''));
  const near = nearest(
    name,
    flags.map(({ long }) => long),
  );
  return `unknown flag: ${written}${near === undefined ? '' : ` (did you mean --${near}?)`}`;
}

/** The candidate that `word` is most likely a misspelling of; undefined when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const mostEdits = Math.min(3, Math.ceil(word.length / 3));
  for (let edits = 0; edits <= mostEdits; edits += 1) {
    const near = candidates.find((candidate) => isWithin(edits, word, candidate));
    if (near !== undefined) return near;
  }
  return undefined;
}

/** Whether `edits` letters dropped, added, changed or swapped with the next make `a` into `b`. */
function isWithin(edits: number, a: string, b: string): boolean {
  if (a === b) return true;
  if (edits === 0) return false;
  if (a !== '' && a[0] === b[0]) return isWithin(edits, a.slice(1), b.slice(1));
  const swapped = a.length > 1 && a[0] === b[1] && a[1] === b[0];
  return (
    (swapped && isWithin(edits - 1, a.slice(2), b.slice(2))) ||
    isWithin(edits - 1, a.slice(1), b.slice(1)) ||
    isWithin(edits - 1, a.slice(1), b) ||
    isWithin(edits - 1, a, b.slice(1))
  );
}
