import type { ExchangeRecord } from './exchange-record.ts';

/** Hands ended records on, and knows when there is none left that was begun. */
export class OpenRecords {
  readonly #log: (record: ExchangeRecord) => void;
  #open = 0;
  #onNone: (() => void) | undefined;

  constructor(log: (record: ExchangeRecord) => void) {
    this.#log = log;
  }

  begun(): void {
    this.#open++;
  }

  ended(record: ExchangeRecord): void {
    this.#log(record);
    if (--this.#open === 0) this.#onNone?.();
  }

  /** Resolves once every record that was begun has ended. */
  none(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#open === 0) resolve();
      else this.#onNone = resolve;
    });
  }
}
