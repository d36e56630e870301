/** How an archive of porthole's lies in its file: a first line, an entry in each line, a last line. */

/** What it begins with: other archives are not added to. */
export const BEGINNING = '{"log":{"version":"1.2","creator":{"name":"porthole","version":';

/** The first line, without its end. */
export function firstLine(version: string): string {
  return `${BEGINNING}${JSON.stringify(version)}},"entries":[`;
}

/** What makes it whole behind the last entry, or behind the first line. */
export function ending(missing: number): string {
  if (missing === 0) return '\n]}}\n';
  const comment = `${missing} exchanges are missing: they came faster than they could be written`;
  return `\n],"comment":${JSON.stringify(comment)}}}\n`;
}

const ENDING = /\n\](?:,"comment":"(\d+) exchanges [^"\n]*")?\}\}\n$/;

/** Longer than any ending. */
const LAST = 200;

/** Where entries can be added to an archive. */
export interface Continuation {
  /** The end of what stays, as an index of `text`. */
  readonly at: number;
  /** Whether an entry stands before it. */
  readonly hasEntries: boolean;
  /** Exchanges that it says are missing. */
  readonly missing: number;
}

/**
 * Finds it in the last part of a file, byte for character, that begins with the file's first line or in the middle of a
 * line. A file that was left in the middle of a write is taken up behind its last whole entry. Undefined when there is none.
 */
export function continuation(text: string): Continuation | undefined {
  const last = Math.max(0, text.length - LAST);
  const whole = ENDING.exec(text.slice(last));
  let end = whole === null ? text.length : last + whole.index;
  for (;;) {
    const start = text.lastIndexOf('\n', end - 1) + 1;
    const line = text.slice(start, end);
    const first = start === 0 && line.startsWith(BEGINNING) && line.endsWith('[');
    if (first || isEntry(line)) {
      const at = line.endsWith(',') ? end - 1 : end;
      return { at, hasEntries: !first, missing: Number(whole?.[1] ?? 0) };
    }
    // A text that begins with the end of a line has nothing before it.
    if (start <= 1) return undefined;
    end = start - 1;
  }
}

function isEntry(line: string): boolean {
  if (!line.startsWith('{"startedDateTime"')) return false;
  try {
    JSON.parse(line.endsWith(',') ? line.slice(0, -1) : line);
    return true;
  } catch {
    return false;
  }
}
