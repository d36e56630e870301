import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { met } from './by-design.ts';
import type { Fixture, FuzzCase } from './case.ts';
import { caseAt } from './generate.ts';
import { judge } from './judge.ts';
import { Lane, type LaneOptions, type Observation } from './lane.ts';
import type { Find } from './ledger.ts';
import type { Readers } from './requests.ts';
import { shrunk } from './shrink.ts';

/** After so many cases a lane is closed, judged by what it leaves behind, and opened anew. */
const CASES_OF_A_LANE = 1_000;
/** All that was written is looked through at its end. */
const CASES_OF_A_LOUD_LANE = 200;
/** A token file is read again once in ten seconds, however often its token is refused. */
const CASES_OF_A_RENEWING_LANE = 4;
/** A case is played on the lane that its number falls to. */
const LANES: readonly LaneOptions[] = [
  ...Array<LaneOptions>(7).fill({ way: 'plain', loud: false }),
  ...Array<LaneOptions>(2).fill({ way: 'TLS', loud: false }),
  ...Array<LaneOptions>(3).fill({ way: 'HTTP/2', loud: false }),
  ...Array<LaneOptions>(2).fill({ way: 'renewing', loud: false }),
  { way: 'TLS', loud: true },
  { way: 'HTTP/2', loud: true },
];
/** So often a find is tried again: one that never comes again is told, and is no failure. A busy machine makes such. */
const TRIES = 3;
/** Milliseconds before each of them: what the case before has sent may come late, and must not be taken for this one's. */
const SETTLES = 500;
/** Milliseconds between two looks at who waits. */
const TICK = 5;

/** Which cases are played: those from number `from` on, `cases` of them, until the clock shows `until`. */
export interface Settings {
  readonly seed: number;
  readonly from: number;
  readonly cases: number;
  /** Of `performance.now()`. */
  readonly until: number;
  /** A find does not end it. */
  readonly keepGoing: boolean;
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => /^(?:TCP|TLS)/.test(kind)).length;
}

function casesOf({ way, loud }: LaneOptions): number {
  if (way === 'renewing') return CASES_OF_A_RENEWING_LANE;
  return loud ? CASES_OF_A_LOUD_LANE : CASES_OF_A_LANE;
}

/** One run through the cases of a seed, on all lanes at once. */
export class Campaign {
  readonly #settings: Settings;
  readonly #readers: Readers;
  readonly #lanes = new Set<Lane>();
  readonly #rules = new Map<string, number>();
  readonly #counts = new Map<string, number>();
  /** The cases under way, for when all ends at once. */
  readonly #underWay = new Map<Lane, Fixture>();
  #peak = 0;
  #played = 0;
  /** Finds that never came again. */
  #once = 0;
  finds = 0;

  constructor(settings: Settings, readers: Readers) {
    this.#settings = settings;
    this.#readers = readers;
  }

  async run(): Promise<void> {
    const ticks = setInterval(() => {
      for (const lane of this.#lanes) lane.tick();
    }, TICK);
    process.on('uncaughtException', (error) => this.#crash(error));
    process.on('warning', (warning) => this.#crash(warning));
    await Promise.all(LANES.map((options, i) => this.#keepBusy(options, i)));
    clearInterval(ticks);
    // Whoever let go has a moment for it.
    for (let i = 0; i < 100 && openSockets() > 0; i++) await delay(50);
    const left = openSockets();
    if (left > 0)
      this.#report({ rule: 'sockets', detail: `${left} sockets are open` }, undefined, 0);
  }

  /** One of the cases under way did it, or one shortly before. */
  #crash(error: Error): void {
    console.error(`uncaught: ${error.stack}`);
    for (const fixture of this.#underWay.values()) this.#write(fixture);
    process.exit(1);
  }

  #write(fixture: Fixture): void {
    const path = `fuzz-find-${fixture.seed}-${fixture.number}.json`;
    writeFileSync(path, `${JSON.stringify(fixture, null, 2)}\n`);
    console.error(`written to ${path}`);
  }

  #goesOn(number: number): boolean {
    const { cases, from, until, keepGoing } = this.#settings;
    const isLast = number >= from + cases || performance.now() > until;
    return !isLast && (this.finds === 0 || keepGoing);
  }

  async #keepBusy(options: LaneOptions, index: number): Promise<void> {
    const { from } = this.#settings;
    let number = from + ((((index - from) % LANES.length) + LANES.length) % LANES.length);
    while (this.#goesOn(number)) {
      const lane = await Lane.open(options);
      this.#lanes.add(lane);
      const first = number;
      const most = casesOf(options);
      for (let played = 0; played < most && this.#goesOn(number); played++) {
        await this.#play(number, lane, options);
        number += LANES.length;
      }
      this.#lanes.delete(lane);
      this.#underWay.delete(lane);
      this.#peak = Math.max(this.#peak, process.memoryUsage.rss());
      for (const detail of await lane.close()) {
        this.#report({ rule: 'a lane leaves nothing behind', detail }, undefined, first);
      }
    }
  }

  async #play(number: number, lane: Lane, { way }: LaneOptions): Promise<void> {
    const input = caseAt(this.#settings.seed, number, way);
    this.#underWay.set(lane, { words: 'under way', seed: this.#settings.seed, number, ...input });
    const seen = await lane.play(input);
    this.#played++;
    this.#count(seen);
    const [find] = await judge(seen, lane, this.#readers);
    if (find === undefined) return;
    const known = this.#rules.get(find.rule) ?? 0;
    this.#rules.set(find.rule, known + 1);
    if (known > 0) {
      this.finds++;
      return;
    }
    const fails = async (smaller: FuzzCase): Promise<boolean> => {
      const finds = await judge(await lane.play(smaller), lane, this.#readers);
      return finds.some(({ rule }) => rule === find.rule);
    };
    let again = false;
    for (let nth = 0; nth < TRIES && !again; nth++) {
      await delay(SETTLES);
      again = await fails(input);
    }
    if (again) this.#report(find, await shrunk(input, fails), number);
    else {
      this.#rules.delete(find.rule);
      this.#once++;
      this.#tell(find, input, number);
    }
  }

  #count({ records, wires, sent }: Observation): void {
    const add = (what: string, times: number): void => {
      if (times > 0) this.#counts.set(what, (this.#counts.get(what) ?? 0) + times);
    };
    add('requests', records.length);
    add('sent upstream', sent);
    add('of them lasting', records.filter((one) => one.longRunning && one.upstreamAddress).length);
    add('by HTTP/2', wires.filter(({ framed }) => framed).length);
    add(
      'tunnels',
      wires.filter((wire) => wire.tunnelAt >= 0 && wire.sent.includes(' 101 ')).length,
    );
    add('sent once more', records.filter(({ replayed }) => replayed).length);
    for (const { outcome = '' } of records) add(outcome, 1);
  }

  #report(find: Find, input: FuzzCase | undefined, number: number): void {
    this.finds++;
    this.#tell(find, input, number);
  }

  #tell({ rule, detail }: Find, input: FuzzCase | undefined, number: number): void {
    const { seed } = this.#settings;
    console.error(
      `\nseed ${seed}, case ${number}: ${rule}\n${JSON.stringify(detail.slice(0, 2_000))}`,
    );
    if (input === undefined) return;
    console.error(`shrunk: ${JSON.stringify(input).slice(0, 2_000)}`);
    this.#write({ words: rule, seed, number, ...input });
  }

  summary(seconds: number): string {
    const lines = [
      `seed ${this.#settings.seed}: ${this.#played} cases in ${seconds.toFixed(0)} s, ${(this.#played / seconds).toFixed(0)} a second`,
      [...this.#counts].map(([what, times]) => `${times} ${what}`).join(', '),
      `${this.finds} finds, ${this.#once} that never came again`,
      ...[...this.#rules].map(([rule, times]) => `  ${times} × ${rule}`),
      ...[...met].map(([id, times]) => `  by design: ${times} × ${id}`),
      `${Math.round(this.#peak / 2 ** 20)} MiB of memory at most`,
    ];
    return lines.join('\n');
  }
}
