import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import {
  type AuditedPorthole,
  contentOf,
  outcomes,
  startAudited,
  startAuditedUpstream,
} from '../support/audited-porthole.ts';
import {
  type FaultySink,
  limitedFiles,
  pipes,
  removedFolder,
  smallDisk,
} from '../support/faulty-sinks.ts';

/** For a sink that takes nothing, 8 MiB of lines are held: the events of these are more. */
const TOO_MANY = 120;
const PADDING = 100_000;
const FEW = 20;
/** All of them. */
const REQUESTS = FEW + TOO_MANY + FEW;
const ALL_FINE = { 200: REQUESTS };

/** Sends many requests while the sink is broken, and some before and after; ends the porthole. Tells what was dropped. */
async function survive(proxy: AuditedPorthole, sink: FaultySink) {
  const answers = await proxy.send(FEW);
  await sink.fail(proxy.pid);
  answers.push(...(await proxy.send(TOO_MANY, { padding: PADDING })));
  expect((await proxy.dropped()).events).toBeGreaterThan(0);
  await sink.recover(proxy.pid);
  await proxy.command.waitFor('stderr', /\d+ audit events were dropped/);
  const dropped = await proxy.dropped();
  answers.push(...(await proxy.send(FEW)));
  expect(outcomes(answers)).toEqual(ALL_FINE);
  expect(await proxy.command.stop()).toEqual({ code: 0, signal: null });
  expect(proxy.command.stderr).toContain(
    `"${dropped.events} audit events could not be written, all in all"`,
  );
  return dropped;
}

const SINKS: [string, (() => FaultySink) | undefined][] = [
  ['a pipe whose reader stands still', () => pipes('stalled')],
  ['a pipe whose reader goes away, and another one comes', () => pipes('gone')],
  ['a folder that is removed, and made again', removedFolder],
  ['files that may not grow (SIGXFSZ), and then may', limitedFiles],
  ['a full disk (needs root)', userInfo().uid === 0 ? smallDisk : undefined],
];

describe.each(SINKS)('%s', (_, create) => {
  it.skipIf(create === undefined)('costs events that are counted, and no request', async () => {
    const sink = (create as () => FaultySink)();
    const upstream = await startAuditedUpstream();
    const proxy = await startAudited(upstream, [
      `--audit-log-path=${sink.path('audit')}`,
      `--log-file=${sink.path('access')}`,
    ]);
    const dropped = await survive(proxy, sink);
    const audit = contentOf(await sink.textOf('audit'));
    expect(audit).toMatchObject({ broken: [], dropped: dropped.events });
    expect(audit.events.length + dropped.events).toBe(2 * REQUESTS);
    const access = (await sink.textOf('access')).trimEnd().split('\n');
    const completed = access.filter((line) => JSON.parse(line).msg === 'request completed');
    expect(completed.length + dropped.lines).toBe(REQUESTS);
  });
});
