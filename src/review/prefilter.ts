/** As kube-apiserver and porthole begin the line of an event. Of other lines nothing is known before they are read. */
const BEGIN = '{"kind":"Event","apiVersion":"audit.k8s.io/';
const BRACE = 0x7d;
/** How JSON may write any ASCII character but a slash: with this, a word may be there unseen. */
const ESCAPED_ASCII = Buffer.from('\\u00');
/** Words that JSON writes in two ways only: as they are, and with such escapes. */
const PLAIN_WORD = /^[\w.:*@=,+ -]+$/;

/** Words of which at least one is in each line that is wanted. */
export type Words = readonly string[];

/**
 * Tells which lines have to be read. It leaves out only events that lack all words of a set, and may let others pass: it
 * looks at bytes, and is many times as fast as reading JSON.
 */
export function prefilter(sets: readonly Words[]): (line: Buffer) => boolean {
  const needed = sets
    .filter((words) => words.length > 0 && words.every((word) => PLAIN_WORD.test(word)))
    .map((words) => words.map((word) => Buffer.from(word)));
  return (line) => {
    if (needed.every((words) => words.some((word) => line.includes(word)))) return true;
    const isWholeEvent =
      line[line.length - 1] === BRACE && line.toString('latin1', 0, BEGIN.length) === BEGIN;
    return !isWholeEvent || line.includes(ESCAPED_ASCII);
  };
}
