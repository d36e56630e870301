import playwright, {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type BrowserType,
} from 'playwright-core';
import { beforeAll, onTestFinished } from 'vitest';
import { REBOUND } from './chromium.ts';
import { findProgram } from './find-program.ts';

/** Whom playwright-core drives by WebDriver BiDi, as it comes from a distribution; its own Firefox is another one. */
const { _bidiFirefox: firefox } = playwright as unknown as { readonly _bidiFirefox: BrowserType };

const PREFERENCES = {
  // A name of somebody else's that leads to this machine.
  'network.dns.localDomains': REBOUND,
  // Not every browser keeps pages from this machine's ports, or from 0.0.0.0, or asks for https before http.
  'network.lna.enabled': false,
  'network.lna.blocking': false,
  'network.socket.ip_addr_any.disabled': false,
  'dom.security.https_first': false,
  'dom.security.https_first_schemeless': false,
  'dom.security.https_only_mode': false,
  // Chromium has these by default.
  'browser.send_pings': true,
  'browser.send_pings.require_same_host': false,
  'dom.disable_open_during_load': false,
  'dom.popup_maximum': 1000,
  // What the API server's answers look like to a page, not to a person.
  'devtools.jsonviewer.enabled': false,
  // A proxy of this machine is none for its own addresses.
  'network.proxy.type': 0,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
};

/** As `useChromium`, with a Firefox. */
export function useFirefox(): (options?: BrowserContextOptions) => Promise<BrowserContext> {
  let browser: Browser;
  beforeAll(async () => {
    browser = await firefox.launch({
      executablePath: findProgram({ program: 'firefox-esr', variable: 'FIREFOX' }),
      headless: true,
      firefoxUserPrefs: PREFERENCES,
    });
    return () => browser.close();
  });
  return async (options) => {
    const context = await browser.newContext(options);
    onTestFinished(() => context.close());
    return context;
  };
}
