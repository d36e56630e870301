import type { ClientCertificate } from '../credentials/credentials.ts';

/** How many dials are under way with which client certificate. */
export class UnderWay {
  readonly #counts = new Map<ClientCertificate | undefined, number>();

  with(certificate: ClientCertificate | undefined): number {
    return this.#counts.get(certificate) ?? 0;
  }

  get all(): number {
    let all = 0;
    for (const count of this.#counts.values()) all += count;
    return all;
  }

  /** Counts `dial` until it has ended. */
  async count<T>(certificate: ClientCertificate | undefined, dial: Promise<T>): Promise<T> {
    this.#counts.set(certificate, this.with(certificate) + 1);
    try {
      return await dial;
    } finally {
      const left = this.with(certificate) - 1;
      if (left > 0) this.#counts.set(certificate, left);
      else this.#counts.delete(certificate);
    }
  }
}
