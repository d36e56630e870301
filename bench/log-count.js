// Counts the lines of a log while it is written. The program begins new files, and those that it has put aside are
// counted and removed: hours of it need no more disk than a few files.
import { createReadStream, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * @param {string} path of the log, in a folder with nothing else
 * @param {(line: string) => boolean} counts
 * @returns {{ sweep: () => Promise<void>, total: () => Promise<number> }} `sweep` again and again; `total` once at the end
 */
export function logCount(path, counts) {
  const folder = dirname(path);
  let total = 0;
  /** @param {string} name */
  async function take(name) {
    for await (const line of createInterface({ input: createReadStream(join(folder, name)) })) {
      if (counts(line)) total++;
    }
    rmSync(join(folder, name));
  }
  const aside = () => readdirSync(folder).filter((name) => name !== basename(path));
  const sweep = async () => {
    // The last to be put aside may still get lines.
    for (const name of aside().sort().slice(0, -1)) await take(name);
  };
  return {
    sweep,
    async total() {
      for (const name of readdirSync(folder)) await take(name);
      return total;
    },
  };
}
