const MOST_ENTRIES = 1024;
const LONGEST_KEY = 1024;

/**
 * `judge`, remembered: matching patterns costs microseconds, and clients repeat themselves. Holds at most 1,024 texts of
 * at most 1,024 characters; a longer text is judged anew each time.
 */
export function remember<Verdict extends string>(
  judge: (text: string) => Verdict,
): (text: string) => Verdict {
  const verdicts = new Map<string, Verdict>();
  return (text) => {
    const known = verdicts.get(text);
    if (known !== undefined) return known;
    const verdict = judge(text);
    if (text.length > LONGEST_KEY) return verdict;
    if (verdicts.size >= MOST_ENTRIES) verdicts.clear();
    // A copy: V8 keeps the whole request head alive for as long as a slice of it is a key.
    verdicts.set(Buffer.from(text).toString(), verdict);
    return verdict;
  };
}
