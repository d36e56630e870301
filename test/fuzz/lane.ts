// A porthole between a client and an API server that are both made up, one case after the other.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExchangeRecord } from '../../src/record/exchange-record.ts';
import { openRecords, type Records } from '../hazards/records.ts';
import { Canaries } from '../support/canaries.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { startProxy, type TestProxy } from '../support/start-proxy.ts';
import type { FuzzCase, Way } from './case.ts';
import { Run } from './run.ts';
import { FuzzUpstream } from './upstream.ts';
import { plainAnswer, type WireLog } from './wire.ts';

/** Milliseconds. That nobody waits for long is for others to find out: here, a busy machine must not change what happens. */
const NEVER = { head: 3_600_000, idle: 3_600_000, linger: 3_600_000 };
/** Looks, and milliseconds between two of them, for what was sent and has not come: it must not come in the next case. */
const SETTLES = { looks: 30, every: 10 };
/** Milliseconds for a porthole without clients. */
const CLOSES = 30_000;

export interface LaneOptions {
  readonly way: Way;
  /** All logs are written, as talkative as they can be. */
  readonly loud: boolean;
}

/** What became of a case. */
export interface Observation {
  readonly input: FuzzCase;
  /** What the client got. */
  readonly received: string;
  /** How its connection ended. */
  readonly ending: 'end' | 'reset';
  /** In the order of their requests. */
  readonly records: readonly ExchangeRecord[];
  /** How many requests porthole says that it has sent. */
  readonly sent: number;
  /** Connections to the API server on which anything came. */
  readonly wires: readonly WireLog[];
  /** With TLS to the API server: a credential goes no other way. */
  readonly secure: boolean;
  /** What never came to an end; empty if nothing. */
  readonly hanging: string;
}

export class Lane {
  readonly #options: LaneOptions;
  readonly #credential = new Canaries();
  readonly #upstream: FuzzUpstream;
  readonly #token = this.#credential.plant('token');
  readonly #folder = mkdtempSync(join(tmpdir(), 'porthole-fuzz-'));
  readonly #tokenFile = join(this.#folder, 'token');
  #tokens = 0;
  #kubeconfig = '';
  #records: Records | undefined;
  #proxy: TestProxy | undefined;
  #run: Run | undefined;

  private constructor(options: LaneOptions) {
    this.#options = options;
    this.#upstream = new FuzzUpstream(options.way, {
      answer: (method) => {
        // By the time it is said that the one in use is not accepted, there is another one.
        if (options.way === 'renewing') this.#renew();
        return this.#run?.answer(method) ?? plainAnswer(method);
      },
      touch: () => this.#run?.touch(),
    });
  }

  static async open(options: LaneOptions): Promise<Lane> {
    const lane = new Lane(options);
    await lane.#open();
    return lane;
  }

  async #open(): Promise<void> {
    const { way, loud } = this.#options;
    const tls = way !== 'plain';
    await this.#upstream.listen();
    const { port, ca } = this.#upstream;
    const cluster = { server: `http${tls ? 's' : ''}://127.0.0.1:${port}` };
    this.#kubeconfig = writeTestKubeconfig(
      { port, ca, client: { cert: '', key: '' } },
      {
        cluster: tls ? cluster : { ...cluster, 'certificate-authority-data': undefined },
        user: way === 'renewing' ? { tokenFile: this.#tokenFile } : { token: this.#token },
      },
    );
    this.#renew();
    this.#records = openRecords(this.#folder, !loud);
    const { recorders } = this.#records;
    this.#proxy = await startProxy(
      { port, ca, client: { cert: '', key: '' } },
      { recorders, deadlines: NEVER },
      { kubeconfig: this.#kubeconfig },
    );
  }

  /** Plays one case. Only one at a time. */
  async play(input: FuzzCase): Promise<Observation> {
    const { tally } = this.#records as Records;
    const [ended, sent] = [tally.ended.length, tally.sent];
    this.#upstream.begin();
    const run = new Run(
      input,
      this.#proxy as TestProxy,
      this.#upstream,
      () => tally.open.size === 0,
      () => tally.sent - sent,
    );
    this.#run = run;
    await run.over;
    const settled = (): boolean => this.#upstream.arrived >= tally.sent - sent;
    for (let i = 0; i < SETTLES.looks && !settled(); i++) await delay(SETTLES.every);
    this.#run = undefined;
    const { received, ending, hanging } = run;
    const wires = [...this.#upstream.wires]
      .map(({ log }) => log)
      .filter((log) => log.received !== '');
    // The next request of a client may end before the record of this one does.
    const records = tally.ended.slice(ended).sort((a, b) => a.startedAt - b.startedAt);
    const counted = tally.sent - sent;
    return {
      ...{ input, received, ending, records, sent: counted, wires, hanging },
      secure: this.#options.way !== 'plain',
    };
  }

  /** The next token. */
  #renew(): void {
    writeFileSync(this.#tokenFile, `${this.#token}-${this.#tokens++}`);
  }

  /** What is wrong with a text that came out of porthole. */
  secretsIn(received: string): string[] {
    return this.#credential.find({ received });
  }

  /** Ends it; what is wrong with what it leaves behind. */
  async close(): Promise<string[]> {
    const records = this.#records as Records;
    const proxy = this.#proxy as TestProxy;
    const wrong: string[] = [];
    const { tally } = records;
    if (new Set(tally.ended).size !== tally.ended.length) wrong.push('a record has ended twice');
    if (proxy.connections.client !== 0) wrong.push('a client is still connected');
    const closed = await Promise.race([
      proxy.close(0).then(() => true),
      delay(CLOSES, false, { ref: false }),
    ]);
    if (!closed) wrong.push('porthole does not close');
    await records.close();
    await this.#upstream.close();
    const read = tally.ended.filter(({ auditID }) => auditID !== '').length;
    const finals = records.finals();
    if ((finals['log'] ?? tally.ended.length) !== tally.ended.length)
      wrong.push(`${tally.ended.length} records, ${finals['log']} lines in the log`);
    if ((finals['audit'] ?? read) !== read)
      wrong.push(`${read} requests, ${finals['audit']} last events in the audit log`);
    const outputs = { ...records.outputs(), told: [...proxy.warnings, ...proxy.notes].join('\n') };
    wrong.push(...this.#credential.find(outputs));
    rmSync(this.#folder, { recursive: true });
    rmSync(dirname(this.#kubeconfig), { recursive: true });
    return wrong;
  }

  /** Called a few hundred times a second. */
  tick(): void {
    this.#run?.tick();
  }
}
