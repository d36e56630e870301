// A folder of files for one test, and a proxy that serves it below /static/.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Pair, startPair } from './pair.ts';
import { request } from './raw-client.ts';

/** Path and content; a path that ends in a slash is a directory. */
export type Tree = Readonly<Record<string, string | Buffer>>;

/** Writes the files into a folder that ends with the test; its path has no symbolic links. */
export function makeFolder(tree: Tree): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'porthole-www-')));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [path, content] of Object.entries(tree)) {
    const full = join(folder, path);
    mkdirSync(path.endsWith('/') ? full : dirname(full), { recursive: true });
    if (!path.endsWith('/')) writeFileSync(full, content);
  }
  return folder;
}

export interface Answer {
  readonly status: number;
  /** By lower-case name. */
  readonly fields: Readonly<Record<string, string>>;
  /** One char for each byte. */
  readonly body: string;
}

export interface Www extends Pick<Pair, 'proxy' | 'connect' | 'upstream'> {
  /** Asks for `/static` + `path` on a connection of its own; `headers` are lines with CRLF. */
  get(path: string, headers?: string, method?: string): Promise<Answer>;
}

/** Serves `directory`. */
export async function startWww(directory: string, { listings = false } = {}): Promise<Www> {
  const www = { directory, prefix: '/static/', listings };
  const { ask, ...pair } = await startPair(undefined, { www });
  return {
    ...pair,
    async get(path, headers = '', method = 'GET') {
      const text = request(`${method} /static${path}`, {
        headers: `${headers}Connection: close\r\n`,
      });
      return parseAnswer(await ask(text));
    },
  };
}

function parseAnswer(text: string): Answer {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const fields = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
  });
  if (new Set(fields.map(([name]) => name)).size < fields.length) throw new Error('repeated field');
  return {
    status: Number(statusLine.split(' ')[1]),
    fields: Object.fromEntries(fields),
    body: text.slice(end + 4),
  };
}
