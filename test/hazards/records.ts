import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readYaml } from '../../src/kubeconfig/yaml.ts';
import { openAccessLog } from '../../src/record/access/access-log.ts';
import { createAuditLog } from '../../src/record/audit/audit-log.ts';
import type { Decision } from '../../src/record/audit/policy/policy.ts';
import type { ExchangeRecord } from '../../src/record/exchange-record.ts';
import { createKlog } from '../../src/record/klog/klog.ts';
import type { Recorder, Trail } from '../../src/record/recorder.ts';
import { openSink } from '../../src/record/sink/open-sink.ts';
import type { Outputs } from '../support/canaries.ts';

/** What a door writes down, and counts. */
export interface Records {
  readonly recorders: readonly Recorder[];
  readonly tally: Tally;
  /** How many last words each log has; once they are closed, and only of logs that dropped nothing. */
  finals(): Readonly<Record<string, number>>;
  /** The texts of all logs; once they are closed. */
  outputs(): Outputs;
  close(): Promise<void>;
}

/** Counts what begins and what ends. */
export class Tally {
  readonly ended: ExchangeRecord[] = [];
  /** Those whose head was read, and whose end has not come. */
  readonly open = new Set<ExchangeRecord>();
  /** How many requests were sent upstream, each try for itself. */
  sent = 0;

  readonly recorder: Recorder = {
    begin: (record) => this.#begin(record),
    ended: (record) => {
      this.open.delete(record);
      this.ended.push(record);
    },
  };

  #begin(record: ExchangeRecord): Trail {
    this.open.add(record);
    return {
      sent: () => {
        this.sent++;
      },
    };
  }
}

const ALL: Decision = {
  level: 'RequestResponse',
  omitStages: new Set(),
  omitManagedFields: false,
};
const LOGS = ['log.json', 'log.txt', 'klog.txt', 'audit.json'] as const;

/** Opens them, with logs in `folder` that say all that they can, unless `quiet`. */
export function openRecords(folder: string, quiet: boolean, apiPrefix = '/'): Records {
  const tally = new Tally();
  if (quiet) {
    const recorders = [tally.recorder];
    return { recorders, tally, finals: () => ({}), outputs: () => ({}), close: async () => {} };
  }
  const [json, pretty, klog, events] = LOGS.map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  const logs = [
    openAccessLog({ format: 'json', colour: false, file: json, fd: 2 }),
    openAccessLog({ format: 'pretty', colour: true, file: pretty, fd: 2, apiPrefix }),
  ];
  const klogSink = openSink({ file: klog });
  const talk = createKlog({
    level: 10,
    sink: klogSink,
    pid: 1,
    upstream: () => ({ url: 'https://127.0.0.1', dialHost: '127.0.0.1' }),
    readYaml,
  });
  const audit = createAuditLog({
    sink: openSink({ file: events, isPrivate: true }),
    format: 'json',
    decide: () => ALL,
    strict: false,
    maxBodyBytes: 256 * 1024,
    budget: { left: 64 * 1024 * 1024 },
    recordSecrets: false,
    apiPrefix,
    readYaml,
  });
  const linesOf = (path: string) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]));
  return {
    recorders: [...logs, talk, audit, tally.recorder],
    tally,
    finals: () => ({
      ...(logs[0]?.dropped
        ? {}
        : { log: linesOf(json).filter(({ outcome }) => outcome !== undefined).length }),
      ...(audit.dropped
        ? {}
        : { audit: linesOf(events).filter(({ stage }) => stage === 'ResponseComplete').length }),
    }),
    outputs: () =>
      Object.fromEntries(LOGS.map((name) => [name, readFileSync(join(folder, name), 'latin1')])),
    async close() {
      await Promise.all([...logs.map((log) => log.close()), klogSink.close(), audit.close()]);
    },
  };
}
