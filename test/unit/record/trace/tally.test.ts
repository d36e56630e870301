import { describe, expect, it } from 'vitest';
import { PortholeError } from '../../../../src/errors.ts';
import type { ExchangeRecord } from '../../../../src/record/exchange-record.ts';
import type { TraceSummary } from '../../../../src/record/trace/summary.ts';
import { TraceTally } from '../../../../src/record/trace/tally.ts';
import { begun, type Call, ended, nonResource } from './call.ts';

function summed(records: readonly ExchangeRecord[]): TraceSummary {
  const tally = new TraceTally();
  for (const record of records) tally.ended(record);
  return tally.summary({ program: 'helm', exitCode: 0, wallMs: 1000 });
}

const summaryOf = (...calls: Call[]) => summed(calls.map(ended));
const watch = { verb: 'watch', longRunning: true };

describe('a summary of calls', () => {
  it('counts the time with at least one call under way, and what streams alone took of it', () => {
    const sums = summaryOf(
      { from: 100, to: 200 },
      { from: 150, to: 250 },
      { from: 300, to: 350 },
      { from: 220, to: 600, fields: watch, outcome: 'client-gone' },
    );
    expect(sums).toMatchObject({ wallMs: 1000, apiMs: 500, streamingMs: 300, calls: 4 });
  });

  it('adds calls up by verb and resource, the most time first', () => {
    const list = (to: number) => ({
      to,
      fields: { verb: 'list', name: '', bytesIn: 3, bytesOut: 5 },
    });
    const twenty = Array.from({ length: 20 }, (_, i) => list(i + 1));
    const scale = { resource: 'deployments', apiGroup: 'apps', subresource: 'scale' };
    const { groups } = summaryOf(
      { to: 500, fields: scale },
      { ...list(21), fields: { ...list(21).fields, status: 403 } },
      ...twenty,
    );
    expect(groups).toEqual([
      expect.objectContaining({ verb: 'get', resource: 'deployments.apps/scale', calls: 1 }),
      {
        ...{ verb: 'list', resource: 'pods', calls: 21, failed: 1, totalMs: 231, meanMs: 11 },
        ...{ p95Ms: 20, maxMs: 21, bytesSent: 63, bytesReceived: 105 },
      },
    ]);
  });

  it('counts discovery, which is one group', () => {
    const paths = [
      '/api',
      '/apis',
      '/api/v1',
      '/apis/apps/v1',
      '/openapi/v3',
      '/version',
      '/apiary',
    ];
    const sums = summaryOf(...paths.map(nonResource));
    expect(sums.discovery).toBe(5);
    expect(sums.groups.map(({ resource, calls }) => [resource, calls])).toEqual([
      ['discovery', 5],
      ['/version', 1],
      ['/apiary', 1],
    ]);
  });

  it('names the five slowest calls, and no streams', () => {
    const named = (name: string, to: number) => ({ to, fields: { name } });
    const { slowest } = summaryOf(
      ...[named('a', 3), named('b', 9), named('c', 1), named('d', 8), named('e', 5), named('f', 7)],
      { to: 99, fields: watch },
    );
    expect(slowest.map(({ object, ms }) => `${object} ${ms}`)).toEqual([
      ...['pods/default/b 9', 'pods/default/d 8', 'pods/default/f 7', 'pods/default/e 5'],
      'pods/default/a 3',
    ]);
  });

  it.each<[boolean, string, Call]>([
    [false, 'an answer', {}],
    [true, 'a 4xx', { fields: { status: 404 } }],
    [true, 'a cut answer', { outcome: 'upstream-aborted' }],
    [true, 'no answer', { outcome: 'client-gone', fields: { status: undefined } }],
    [true, 'a client that left in the middle', { outcome: 'client-gone' }],
    [false, 'a watch that its client left', { outcome: 'client-gone', fields: watch }],
    [false, 'a tunnel that the end cut', { outcome: 'stopped', fields: { status: 101 } }],
    [true, 'a watch that was cut', { outcome: 'upstream-aborted', fields: watch }],
    [
      true,
      'a watch that was not answered',
      { outcome: 'client-gone', fields: { ...watch, status: undefined } },
    ],
    [true, 'a watch that was refused', { fields: { ...watch, status: 403 } }],
  ])('failed: %s for %s', (failed, _, call) => {
    const sums = summaryOf(call);
    expect([sums.failed, sums.failures.length]).toEqual(failed ? [1, 1] : [0, 0]);
  });

  it('tells of a failure once, how often, and why', () => {
    const unreachable = begun({ fields: { status: 502 } });
    unreachable.end(
      'upstream-failed',
      5,
      new PortholeError('ERR_UPSTREAM_TLS', 'unknown \x1b[2J CA'),
    );
    const { failures } = summed([
      ended({ fields: { status: 404 } }),
      unreachable,
      ended({ to: 99, fields: { status: 404 } }),
    ]);
    const pod = { verb: 'get', object: 'pods/default/web-0' };
    expect(failures).toEqual([
      { ...pod, status: 404, outcome: 'ok', error: null, calls: 2 },
      { ...pod, status: 502, outcome: 'upstream-failed', error: 'unknown \\x1b[2J CA', calls: 1 },
    ]);
  });

  it('stays bounded whatever a client asks for', () => {
    const many = Array.from({ length: 2_000 }, (_, i) => ({
      fields: { resource: `kind${i}`, status: 404, upstreamAddress: `10.0.0.${i}:6443` },
    }));
    const { groups, failed, failures, otherFailures, connections } = summaryOf(...many);
    expect(groups).toHaveLength(501);
    expect(groups.find(({ resource }) => resource === 'others')?.calls).toBe(1_500);
    expect([failed, failures.length, otherFailures]).toEqual([2_000, 20, 1_980]);
    expect(connections.addresses).toHaveLength(5);
  });

  it('tells of connections', () => {
    const to = { upstreamAddress: '127.0.0.1:6443' };
    const { connections } = summaryOf(
      { fields: { ...to, reused: false, dialMs: 2, tlsMs: 5, authMs: 100 } },
      { fields: { ...to, reused: false, dialMs: 1, tlsMs: 4, authMs: 0 } },
      { fields: { ...to, reused: true, replayed: true } },
      { outcome: 'refused', fields: { status: 403 } },
    );
    expect(connections).toEqual({
      ...{ opened: 2, reuses: 1, addresses: ['127.0.0.1:6443'] },
      ...{ dialMs: 3, tlsMs: 9, authMs: 100, replayed: 1 },
    });
  });
});
