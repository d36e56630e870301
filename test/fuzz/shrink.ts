import type { FuzzCase, ScriptedAnswer } from './case.ts';

/** How often a smaller case is tried. */
const TRIES = 600;

/**
 * A smaller case for which `fails` still holds. Tries to leave out answers, cuts, and stretches of bytes: halves first, then
 * ever less.
 */
export async function shrunk(
  input: FuzzCase,
  fails: (smaller: FuzzCase) => Promise<boolean>,
): Promise<FuzzCase> {
  let best = input;
  let tries = 0;
  const accept = async (smaller: FuzzCase): Promise<boolean> => {
    if (tries++ >= TRIES || !(await fails(smaller))) return false;
    best = smaller;
    return true;
  };
  await accept({ ...best, cuts: [] });
  await accept({ ...best, leave: 'end' });
  while (
    best.answers.length > 0 &&
    (await accept({ ...best, answers: best.answers.slice(0, -1) }))
  );
  for (const [i] of best.answers.entries()) {
    const change = (changes: Partial<ScriptedAnswer>): FuzzCase => ({
      ...best,
      answers: best.answers.map((answer, at) => (at === i ? { ...answer, ...changes } : answer)),
    });
    await accept(change({ cuts: [] }));
    await accept(change({ early: false }));
    await accept(change({ after: 'end' }));
    await shorten(
      () => best.answers[i]?.bytes ?? '',
      (bytes) => accept(change({ bytes })),
    );
  }
  await shorten(
    () => best.client,
    (client) => accept({ ...best, client }),
  );
  return best;
}

/** Leaves out stretches of a text, ever shorter ones. */
async function shorten(
  text: () => string,
  accept: (shorter: string) => Promise<boolean>,
): Promise<void> {
  for (let size = Math.ceil(text().length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < text().length; ) {
      const now = text();
      if (!(await accept(now.slice(0, at) + now.slice(at + size)))) at += size;
    }
  }
}
