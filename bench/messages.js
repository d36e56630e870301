// What a client process of a bench tells: a JSON object a line, on its stdout.
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { failure, start } from './processes.js';

/** @typedef {{ child: import('node:child_process').ChildProcess, next: () => Promise<any> }} ClientProcess */

/**
 * Starts a client, a file of this folder, with its orders as one argument. It ends when `endAll` or `end` ends it.
 * `next` rejects when it has ended instead.
 * @param {string} file
 * @param {object} orders
 * @returns {ClientProcess}
 */
export function startClient(file, orders) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = start(process.execPath, [path, JSON.stringify(orders)], { stdin: 'pipe' });
  if (child.stdout === null) throw new Error('a client without stdout');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    async next() {
      const { value, done } = await lines.next();
      if (done) throw failure(child);
      return JSON.parse(value);
    },
  };
}
