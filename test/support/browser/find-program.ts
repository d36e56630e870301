import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a browser: what the environment variable says, or what is on PATH; throws, and says how to get one, where there is none. */
export function findProgram({ program, variable }: { program: string; variable: string }): string {
  const { env } = process;
  const given = env[variable];
  if (given) return given;
  const folders = (env['PATH'] ?? '').split(delimiter);
  const found = folders.map((folder) => join(folder, program)).find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(
    `The browser tests need ${program}: install it (apt-get install ${program}), or set ${variable} to its path.`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
