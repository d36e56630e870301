import { request } from 'node:http';
import { expect, it, vi } from 'vitest';
import {
  contentOf,
  outcomes,
  startAudited,
  startAuditedUpstream,
} from '../support/audited-porthole.ts';
import { pipes } from '../support/faulty-sinks.ts';

const CLIENTS = 200;

it('forwards nothing that is not recorded while its pipe is stalled, and tells all who wait, in time', async () => {
  const sink = pipes('stalled');
  const upstream = await startAuditedUpstream();
  const proxy = await startAudited(upstream, [
    `--audit-log-path=${sink.path('audit')}`,
    '--audit-mode=blocking-strict',
  ]);
  // One leaves while it waits.
  const answers = await proxy.send(2 * CLIENTS, { clients: CLIENTS });
  const waiting = request({
    port: proxy.port,
    path: '/api/v1/pods',
    headers: { 'audit-id': 'left' },
  });
  waiting.on('error', () => {});
  waiting.end();
  const { 200: forwarded = 0, 500: refused = 0 } = outcomes(answers);
  expect(forwarded + refused).toBe(2 * CLIENTS);
  expect(refused).toBeGreaterThan(CLIENTS);
  expect(upstream.auditIDs).toHaveLength(forwarded);
  expect(JSON.parse(answers.at(-1)?.text ?? '').message).toMatch(
    /nothing may happen without it: it takes too long$/,
  );
  waiting.destroy();
  await sink.recover(proxy.pid);
  await vi.waitFor(async () => {
    const [answer] = await proxy.send(1);
    if (answer) answers.push(answer);
    expect(answer?.outcome).toBe('200');
  }, 10_000);
  answers.push(...(await proxy.send(20)));
  await proxy.command.stop();
  const audit = contentOf(await sink.textOf('audit'));
  expect(audit).toMatchObject({ broken: [], dropped: 0 });
  const stages = (stage: string) =>
    audit.events
      .filter((event) => event.stage === stage)
      .map(({ auditID }) => auditID)
      .sort();
  expect(stages('RequestReceived')).toEqual(expect.arrayContaining(upstream.auditIDs));
  expect(stages('RequestReceived')).toEqual(stages('ResponseComplete'));
  expect(audit.events.length).toBeGreaterThanOrEqual(2 * answers.length);
});
