import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** A name that leads to this machine only in the browser of `launchChromium`: a rebound one. */
export const REBOUND = 'rebound.example';

const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`,
];

/** A real Chromium without a window. Whoever launches it closes it. Rejects, with how to get one, where there is none. */
export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium(process.env);
  return chromium.launch({ executablePath, headless: true, chromiumSandbox: false, args: FLAGS });
}

function findChromium(env: NodeJS.ProcessEnv): string {
  if (env['CHROMIUM']) return env['CHROMIUM'];
  const folders = (env['PATH'] ?? '').split(delimiter);
  const found = folders.map((folder) => join(folder, 'chromium')).find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(
    'The browser tests need Chromium: install it (apt-get install chromium), or set CHROMIUM to its path.',
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
