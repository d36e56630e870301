// The date as a process sees it, set while it runs by libfaketime; its monotonic clock goes on as it is.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder } from './cli.ts';
import { run } from './process.ts';

export interface SteppedClock {
  /** For the process, and what it starts. */
  readonly env: Readonly<Record<string, string>>;
  /** To so much before or after the right time: `-10y`, `+1h`. */
  set(offset: string): void;
}

/** @throws {Error} as rejection, where there is no faketime */
export async function steppedClock(): Promise<SteppedClock> {
  // It knows where its library is.
  const found = await run('faketime', ['-m', '-f', '+0d', 'printenv', 'LD_PRELOAD']).catch(
    (error: Error) => {
      throw new Error(`this test sets clocks: it needs faketime (${error.message})`);
    },
  );
  const file = join(emptyFolder(), 'clock');
  const set = (offset: string): void => writeFileSync(file, offset);
  set('+0d');
  return {
    set,
    env: {
      LD_PRELOAD: found.stdout.trim(),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
  };
}
