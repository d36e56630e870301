const LONGEST = 120;

/**
 * A string from a kubeconfig as it may stand in a sentence on a terminal: control and formatting characters become
 * `\u{..}`, and it is cut after 120 characters.
 */
export function printable(text: string): string {
  const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
  return shown.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** `printable`, in double quotes (Go's `%q`). */
export function quote(text: string): string {
  return `"${printable(text).replaceAll('"', '\\"')}"`;
}

/** Several sentences as one line. */
export function joinProblems(problems: readonly string[]): string {
  if (problems.length === 1) return problems[0] ?? '';
  return `${problems.length} problems: [${problems.map((text, i) => `(${i + 1}) ${text}`).join(', ')}]`;
}
