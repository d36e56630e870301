const LONGEST = 120;

/**
 * Somebody else's text as it may stand in a sentence on a terminal: control and formatting characters, ANSI and OSC sequences
 * with them, become `\u{..}` (the idea of client-go `cleanANSIEscapeCodes`), and it is cut after 120 characters.
 */
export function printable(text: string): string {
  return printableUpTo(LONGEST, text);
}

/** `printable`, in double quotes (Go's `%q`). */
export function quote(text: string): string {
  return quoteUpTo(LONGEST, text);
}

/** `printable`, cut after `longest` characters. A function of its own: as an option, `map` would give it an index. */
export function printableUpTo(longest: number, text: string): string {
  const shown = text.length > longest ? `${text.slice(0, longest)}...` : text;
  return shown.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** `quote`, likewise. */
export function quoteUpTo(longest: number, text: string): string {
  return `"${printableUpTo(longest, text).replaceAll('"', '\\"')}"`;
}
