import type { BrowserContext, Locator, Page } from 'playwright-core';

/** Chromium's own DevTools as a page: they inspect nothing, and show the archives that they are given. */
const NETWORK_PANEL = 'devtools://devtools/bundled/devtools_app.html?panel=network';
/** What their console says of an archive that they do not take. */
const FAILURE = 'Failed to load HAR file';

/** A row of the panel's table. */
export interface NetworkRow {
  /** The last part of the path, with the query. */
  readonly name: string;
  /** `Finished` where there is none. */
  readonly status: string;
  readonly type: string;
  /** As shown: to a ms, or 10 ms from a second on. */
  readonly timeMs: number;
}

/** The network panel of DevTools. */
export class NetworkPanel {
  readonly #page: Page;
  readonly #rows: Locator;
  readonly #failure: Locator;
  /** Exceptions that DevTools did not expect. */
  readonly exceptions: string[] = [];

  private constructor(page: Page) {
    this.#page = page;
    this.#rows = page.locator('tr.data-grid-data-grid-node');
    this.#failure = page.getByText(FAILURE);
    page.on('pageerror', ({ message }) => this.exceptions.push(message));
  }

  static async open(context: BrowserContext): Promise<NetworkPanel> {
    const page = await context.newPage();
    const panel = new NetworkPanel(page);
    // Rows that can not be seen are not there.
    await page.setViewportSize({ width: 1600, height: 1000 });
    await page.goto(NETWORK_PANEL);
    return panel;
  }

  /** Imports an archive as a user does; resolves to its rows, once there are some. Rejects with what the console says of it. */
  async import(file: string): Promise<NetworkRow[]> {
    const chosen = this.#page.waitForEvent('filechooser');
    await this.#page.getByRole('button', { name: 'Import HAR file' }).click();
    await (await chosen).setFiles(file);
    await this.#rows.or(this.#failure).first().waitFor();
    if (await this.#failure.isVisible()) throw new Error(await this.#failure.innerText());
    return Promise.all((await this.#rows.all()).map(readRow));
  }

  /** Waits until `texts` are seen on a tab of the details of a row, 0 for the first; rejects after 10 s. */
  async see(row: number, tab: string, ...texts: readonly string[]): Promise<void> {
    await this.#rows.nth(row).locator('.name-column').click();
    await this.#page.getByRole('tab', { name: tab, exact: true }).click();
    for (const text of texts) await this.#shown(text);
  }

  /** Waits until `text` is seen below the table; rejects after 10 s. */
  seeTotal(text: string): Promise<void> {
    return this.#shown(text);
  }

  #shown(text: string): Promise<void> {
    return this.#page.getByText(text, { exact: true }).first().waitFor({ timeout: 10_000 });
  }
}

async function readRow(row: Locator): Promise<NetworkRow> {
  const cell = (column: string) => row.locator(`.${column}-column`).innerText();
  const [amount, unit] = (await cell('time')).split(/\s/);
  return {
    name: await cell('name'),
    status: await cell('status'),
    type: await cell('type'),
    timeMs: Number(amount) * (unit === 's' ? 1000 : 1),
  };
}
