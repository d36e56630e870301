import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
} from 'playwright-core';
import { beforeAll, onTestFinished } from 'vitest';

/** A name that leads to this machine only in the browser of `useChromium`: a rebound one. */
export const REBOUND = 'rebound.example';

const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // The first asks for https before http. The second keeps pages from this machine's ports, but not in every browser.
  '--disable-features=HttpsUpgrades,LocalNetworkAccessChecks',
  `--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`,
];

/**
 * A real Chromium without a window, for the tests of one file. What this returns opens a context (cookies, cache) in it,
 * which ends with the test. Tests fail, and say how to get one, where there is none.
 */
export function useChromium(): (options?: BrowserContextOptions) => Promise<BrowserContext> {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
    return () => browser.close();
  });
  return async (options) => {
    const context = await browser.newContext(options);
    onTestFinished(() => context.close());
    return context;
  };
}

function launch(): Promise<Browser> {
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
