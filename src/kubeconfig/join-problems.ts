/** Several sentences as one line. */
export function joinProblems(problems: readonly string[]): string {
  if (problems.length === 1) return problems[0] ?? '';
  return `${problems.length} problems: [${problems.map((text, i) => `(${i + 1}) ${text}`).join(', ')}]`;
}
