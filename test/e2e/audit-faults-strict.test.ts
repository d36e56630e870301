import { userInfo } from 'node:os';
import { describe, expect, it, vi } from 'vitest';
import {
  ask,
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
import { eventually } from '../support/pair.ts';

const SINKS: [string, (() => FaultySink) | undefined][] = [
  ['a pipe whose reader goes away, and another one comes', () => pipes('gone')],
  ['a folder that is removed, and made again', removedFolder],
  ['a file that may not grow, and then may', limitedFiles],
  ['a full disk (needs root)', userInfo().uid === 0 ? smallDisk : undefined],
];

/** Of one event: a few requests fill what room there is, until not even the first event of another one fits. */
const PADDING = 100_000;
const CLIENTS = 200;

/** Of which requests the log has the first event. */
function received(text: string): string[] {
  const { events } = contentOf(text);
  return events
    .flatMap(({ stage, auditID }) => (stage === 'RequestReceived' ? auditID : []))
    .sort();
}

describe.each(SINKS)('blocking-strict, and %s', (_, create) => {
  it.skipIf(create === undefined)('forwards nothing that is not recorded', async () => {
    const sink = (create as () => FaultySink)();
    const upstream = await startAuditedUpstream();
    const proxy = await startAudited(upstream, [
      `--audit-log-path=${sink.path('audit')}`,
      '--audit-mode=blocking-strict',
    ]);
    const answers = await proxy.send(20);
    expect(outcomes(answers)).toEqual({ 200: 20 });
    await sink.fail(proxy.pid);
    answers.push(...(await proxy.send(20, { padding: PADDING })));
    await eventually('it has failed', () => proxy.command.stderr.includes('cannot write'));
    const refused = await proxy.send(2 * CLIENTS, { clients: CLIENTS });
    expect(outcomes(refused)).toEqual({ 500: 2 * CLIENTS });
    expect(JSON.parse(refused[0]?.text ?? '')).toMatchObject({
      ...{ kind: 'Status', status: 'Failure', reason: 'InternalError', code: 500 },
      message: expect.stringMatching(/^porthole: the audit log cannot be written, and .*: ./),
    });
    // What is not to be recorded passes, and what has a policy that omits the first event does not.
    const where = { port: proxy.port, path: '/healthz' };
    expect(await ask(where)).toMatchObject({ outcome: '200' });
    const [unrecorded] = upstream.auditIDs.splice(-1);
    if (sink.isReadable)
      expect(received(await sink.textOf('audit'))).toEqual(
        expect.arrayContaining(upstream.auditIDs),
      );
    expect(await ask({ ...where, path: '/api/v1/configmaps' })).toMatchObject({ outcome: '500' });

    await sink.recover(proxy.pid);
    await vi.waitFor(async () => {
      const [answer] = await proxy.send(1);
      if (answer) answers.push(answer);
      expect(answer).toMatchObject({ outcome: '200' });
    }, 10_000);
    answers.push(...(await proxy.send(20)));
    const { events: dropped } = await proxy.dropped();
    await proxy.command.stop();
    const audit = contentOf(await sink.textOf('audit'));
    const stages = (stage: string) =>
      audit.events.filter((event) => event.stage === stage).map(({ auditID }) => auditID);
    expect(audit).toMatchObject({ broken: [], dropped });
    expect(upstream.auditIDs).toHaveLength(outcomes(answers)[200] as number);
    expect(stages('RequestReceived')).toEqual(expect.arrayContaining(upstream.auditIDs));
    expect(stages('RequestReceived')).not.toContain(unrecorded);
    for (const stage of ['RequestReceived', 'ResponseComplete'])
      expect(stages(stage)).toHaveLength(new Set(stages(stage)).size);
    expect(audit.events.length + dropped).toBe(2 * (answers.length + refused.length + 1));
  });
});
