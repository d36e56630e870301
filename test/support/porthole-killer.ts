// Portholes under load that are killed, one after the other, and what must be in their files then.
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import {
  type Answer,
  type AuditedUpstream,
  launchAudited,
  startAudited,
} from './audited-porthole.ts';
import { emptyFolder } from './cli.ts';
import { eventually } from './pair.ts';

export interface Killing {
  readonly mode: 'batch' | 'blocking-strict';
  readonly rounds: number;
  /** Of the load before each of the kills, at most. */
  readonly maxMs: number;
}

/** What was seen in all rounds together. */
export interface Killed {
  /** Requests that were answered. */
  answered: number;
  /** Of them and of all others that the API server got, those whose first event was in the files when porthole was dead. */
  recorded: number;
  events: number;
  /** Events and lines of the log that were torn, by a kill or by hand. */
  tornEvents: number;
  tornLines: number;
  /** Rounds after which the archive was no JSON; it was after the next start. */
  tornArchives: number;
  /** Files that had been put aside. */
  backups: number;
  /** Rounds that left one that was not compressed, or only in part. */
  leftovers: number;
}

const PADDING = 20_000;
const START_MS = 500;

/** Rejects when a file is not as it must be after any of the rounds, or when what was in one is not there at the end. */
export async function killPortholes(upstream: AuditedUpstream, killing: Killing): Promise<Killed> {
  const folder = emptyFolder();
  const files = new Files(folder);
  const args = [
    `--audit-mode=${killing.mode}`,
    `--audit-log-path=${join(folder, 'audit.log')}`,
    ...['--audit-log-maxsize=1', '--audit-log-maxbackup=0', '--audit-log-compress'],
    ...[`--log-file=${join(folder, 'access.log')}`, `--har=${join(folder, 'a.har')}`],
  ];
  const seen: Killed = {
    ...{ answered: 0, recorded: 0, events: 0, tornEvents: 0, tornLines: 0, tornArchives: 0 },
    ...{ backups: 0, leftovers: 0 },
  };
  for (let round = 0; round < killing.rounds; round++) {
    // Before every third one, another is killed that does not get so far as to serve.
    if (round % 3 === 2) {
      const starting = launchAudited(upstream, args);
      await sleep(Math.random() * START_MS);
      await starting.stop('SIGKILL');
      files.check();
    }
    const first = upstream.auditIDs.length;
    const proxy = await startAudited(upstream, args);
    files.checkArchive();
    const answers: Answer[] = [];
    const load = proxy.send(1_000_000, { clients: 6, padding: PADDING, answers });
    await sleep(Math.random() * killing.maxMs);
    await proxy.command.stop('SIGKILL');
    await load;
    const written = files.check();
    const ids = new Set(upstream.auditIDs.slice(first));
    const recorded = [...ids].filter((id) => written.has(`${id} RequestReceived`)).length;
    if (killing.mode === 'blocking-strict' && recorded < ids.size)
      throw new Error(`${ids.size - recorded} of ${ids.size} requests were forwarded unrecorded`);
    seen.answered += answers.filter(({ outcome }) => outcome === '200').length;
    seen.recorded += recorded;
    seen.leftovers += files.leftovers.length > 0 ? 1 : 0;
    if (!files.isArchiveWhole) seen.tornArchives++;
    if (round % 3 === 0) files.tear(round);
  }
  const last = await startAudited(upstream, args);
  await eventually('what was left is finished', () => files.leftovers.length === 0);
  await last.command.stop();
  files.check();
  files.checkArchive();
  return { ...seen, ...files.seen() };
}

/** What the logs in a folder hold. */
class Files {
  readonly #folder: string;
  /** Lines that a kill left without an end: nobody completes them, and nobody adds to them. */
  readonly #torn = { 'audit.log': new Set<string>(), 'access.log': new Set<string>() };
  /** `ID STAGE` of all events that were ever there. */
  #events = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  get isArchiveWhole(): boolean {
    try {
      this.checkArchive();
      return true;
    } catch {
      return false;
    }
  }

  /** Files that were put aside and are yet to be compressed, or are left of that. */
  get leftovers(): string[] {
    return readdirSync(this.#folder).filter((name) => /^audit-.*(\.log|\.part)$/.test(name));
  }

  /** Linux seldom stops in the middle of a write(2). */
  tear(round: number): void {
    for (const name of ['audit.log', 'access.log'] as const) {
      if (!this.#read(name).endsWith('\n')) continue;
      const start = `{"torn":${round}`;
      appendFileSync(join(this.#folder, name), start);
      this.#torn[name].add(start);
    }
    const archive = join(this.#folder, 'a.har');
    truncateSync(archive, statSync(archive).size - 3);
  }

  checkArchive(): void {
    JSON.parse(readFileSync(join(this.#folder, 'a.har'), 'utf8'));
  }

  /** Of a porthole that is dead. Returns `ID STAGE` of all events. */
  check(): ReadonlySet<string> {
    this.#lines('access.log', [this.#read('access.log')]);
    const events = new Set<string>();
    for (const event of this.#lines('audit.log', this.#audit())) {
      const key = `${event['auditID']} ${event['stage']}`;
      if (events.has(key)) throw new Error(`an event is there twice: ${key}`);
      events.add(key);
    }
    for (const event of this.#events)
      if (!events.has(event)) throw new Error(`an event is not there any more: ${event}`);
    this.#events = events;
    return events;
  }

  seen(): Pick<Killed, 'events' | 'tornEvents' | 'tornLines' | 'backups'> {
    return {
      events: this.#events.size,
      tornEvents: this.#torn['audit.log'].size,
      tornLines: this.#torn['access.log'].size,
      backups: this.#audit().length - 1,
    };
  }

  /** Texts of the audit log, the oldest first. Of one that is there plain and compressed, the plain one is for sure. */
  #audit(): string[] {
    const names = readdirSync(this.#folder).filter((name) => /^audit-.*\.log(\.gz)?$/.test(name));
    const plain = [...new Set(names.map((name) => name.replace(/\.gz$/, '')))].sort();
    const texts = plain.map((name) => {
      if (existsSync(join(this.#folder, name))) return this.#read(name);
      return gunzipSync(readFileSync(join(this.#folder, `${name}.gz`))).toString();
    });
    return [...texts, this.#read('audit.log')];
  }

  #read(name: string): string {
    const path = join(this.#folder, name);
    // Killed between the old file and the new one.
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  #lines(log: 'audit.log' | 'access.log', texts: readonly string[]): Record<string, unknown>[] {
    const torn = this.#torn[log];
    return texts.flatMap((text) => {
      const lines = text.split('\n');
      const tail = lines.pop() ?? '';
      // A whole line may lack but its newline, and be followed by that at the next start.
      if (tail !== '') torn.add(tail);
      return lines.flatMap((line) => {
        try {
          return [JSON.parse(line)];
        } catch {
          if (torn.has(line)) return [];
          throw new Error(`${log} has a broken line: ${line.slice(0, 99)} (${line.length})`);
        }
      });
    });
  }
}
