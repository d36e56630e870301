import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
} from 'playwright-core';
import { beforeAll, onTestFinished } from 'vitest';
import { findProgram } from './find-program.ts';

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
  const executablePath = findProgram({ program: 'chromium', variable: 'CHROMIUM' });
  return chromium.launch({ executablePath, headless: true, chromiumSandbox: false, args: FLAGS });
}
