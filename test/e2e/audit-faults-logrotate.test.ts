import { copyFileSync, readdirSync, readFileSync, renameSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  type Answer,
  type AuditedPorthole,
  contentOf,
  outcomes,
  startAudited,
  startAuditedUpstream,
} from '../support/audited-porthole.ts';
import { emptyFolder } from '../support/cli.ts';
import { eventually } from '../support/pair.ts';

const ROTATIONS = 50;
const LOGS = ['audit.log', 'access.log'] as const;

type Rotate = (proxy: AuditedPorthole, folder: string, n: number) => void | Promise<void>;

async function byName(proxy: AuditedPorthole, folder: string, n: number): Promise<void> {
  for (const name of LOGS) renameSync(join(folder, name), join(folder, `${name}.${n}`));
  proxy.command.signal('SIGHUP');
  await eventually('there are new files', () =>
    LOGS.every((name) => readdirSync(folder).includes(name)),
  );
}

/** What is written between copying and truncating is lost by this way of doing it: so it stands still meanwhile. */
async function byTruncating(proxy: AuditedPorthole, folder: string, n: number): Promise<void> {
  proxy.command.signal('SIGSTOP');
  await eventually('it stands still', () =>
    readdirSync(`/proc/${proxy.pid}/task`).every((task) =>
      / T /.test(readFileSync(`/proc/${proxy.pid}/task/${task}/stat`, 'latin1')),
    ),
  );
  for (const name of LOGS) {
    copyFileSync(join(folder, name), join(folder, `${name}.${n}`));
    truncateSync(join(folder, name));
  }
  proxy.command.signal('SIGCONT');
}

const WAYS: [string, Rotate][] = [
  ['renames the files and hangs up', byName],
  ['copies the files and truncates them', byTruncating],
];

it.each(WAYS)('loses nothing to a logrotate that %s, under load', async (_, rotate) => {
  const folder = emptyFolder();
  const upstream = await startAuditedUpstream();
  const proxy = await startAudited(upstream, [
    `--audit-log-path=${join(folder, 'audit.log')}`,
    `--log-file=${join(folder, 'access.log')}`,
  ]);
  const answers: Answer[] = [];
  const stop = new AbortController();
  const load = proxy.send(100_000, { clients: 4, answers, stopping: stop.signal });
  for (let n = 1; n <= ROTATIONS; n++) {
    await eventually('more are answered', () => answers.length >= n * 8);
    await rotate(proxy, folder, n);
  }
  stop.abort();
  await load;
  await proxy.command.stop();
  const { length } = answers;
  expect(outcomes(answers)).toEqual({ 200: length });
  const names = readdirSync(folder);
  expect(names).toHaveLength(2 * (ROTATIONS + 1));
  const textOf = (log: string) =>
    names.flatMap((name) => (name.startsWith(log) ? readFileSync(join(folder, name), 'utf8') : []));
  const audit = textOf('audit.log').map(contentOf);
  expect(audit.flatMap(({ broken }) => broken)).toEqual([]);
  const keys = audit.flatMap(({ events }) => events.map((one) => `${one.auditID} ${one.stage}`));
  expect(keys).toHaveLength(2 * length);
  expect(new Set(keys).size).toBe(2 * length);
  const lines = textOf('access.log').join('').trimEnd().split('\n');
  expect(new Set(lines.map((line) => JSON.parse(line).auditID)).size).toBe(length);
});
