import type { ClientCertificate } from '../credentials/credentials.ts';
import type { PoolLimits } from './pool-limits.ts';
import type { UnderWay } from './under-way.ts';

/** Who waits for a connection that was opened with `certificate`. */
export interface Wait {
  readonly certificate: ClientCertificate | undefined;
  /** It has to be one that has carried nothing yet. */
  readonly fresh: boolean;
  /** Monotonic milliseconds. */
  readonly since: number;
}

/** Decides for whom of those that wait another connection is opened: at once, or after a while. */
export class Growth {
  readonly #limits: PoolLimits;
  readonly #underWay: UnderWay;
  readonly #look: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** `look` is called when somebody has waited for long enough. */
  constructor(limits: PoolLimits, underWay: UnderWay, look: () => void) {
    this.#limits = limits;
    this.#underWay = underWay;
    this.#look = look;
  }

  /**
   * The certificates to dial with now, once for each connection. Each has its dials: whoever has a new one does not wait
   * behind those with the old one. `short` connections are open that no watch or tunnel holds.
   */
  due(waiting: readonly Wait[], short: number): (ClientCertificate | undefined)[] {
    const { eager, grow, maxDials } = this.#limits;
    const wanted = new Map<ClientCertificate | undefined, number>();
    const dials: (ClientCertificate | undefined)[] = [];
    const now = performance.now();
    let room = eager - short - this.#underWay.all;
    for (const { certificate, fresh, since } of waiting) {
      if (!fresh && room <= 0 && now - since < grow) {
        this.#timer ??= setTimeout(this.#wake, since + grow - now);
        continue;
      }
      const nth = (wanted.get(certificate) ?? 0) + 1;
      wanted.set(certificate, nth);
      if (nth > maxDials || nth <= this.#underWay.with(certificate)) continue;
      dials.push(certificate);
      room--;
    }
    return dials;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  readonly #wake = (): void => {
    this.#timer = undefined;
    this.#look();
  };
}
