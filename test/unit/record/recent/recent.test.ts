import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PortholeError } from '../../../../src/errors.ts';
import type { ExchangeRecord } from '../../../../src/record/exchange-record.ts';
import { Recent } from '../../../../src/record/recent/recent.ts';
import { type Status, statusSummary } from '../../../../src/record/recent/status-summary.ts';
import { endedRecord, newRecord } from '../record.ts';

const TIME = new Date(2026, 10, 22, 13, 5, 10, 885).getTime();

const STATUS: Status = {
  uptimeMs: 3 * 3600_000 + 5 * 60_000,
  now: 10_000,
  connections: { client: 3, upstream: 2 },
  credentials: 'client certificate, good for 20 days',
  logDropped: 0,
  auditDropped: undefined,
  memory: { rss: 84_100_000, heapUsed: 31_000_000 },
};

const idOf = ({ auditID }: ExchangeRecord): string => auditID;

function failed(path: string, sentence = 'unknown authority'): ExchangeRecord {
  const record = newRecord({ time: TIME, path });
  record.status = 502;
  record.end('upstream-failed', 1001, new PortholeError('ERR_UPSTREAM_TLS', sentence));
  return record;
}

describe('Recent', () => {
  it('counts exchanges by outcome, and knows which are open, the oldest first', () => {
    const recent = new Recent();
    const [first, second, third] = [newRecord(), newRecord(), newRecord()];
    for (const record of [first, second, third]) recent.begin(record);
    first.end('ok', 1001);
    recent.ended(first);
    recent.ended(failed('/never-begun'));
    expect([...recent.open]).toEqual([second, third]);
    expect(recent.outcomes).toMatchObject({ ok: 1, 'upstream-failed': 1, refused: 0 });
  });

  it('knows which are open in whatever order they end', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 40 }), (steps) => {
        const recent = new Recent();
        const open = new Set<ExchangeRecord>();
        let made = 0;
        for (const step of steps) {
          const ending = [...open][step];
          const record = ending ?? newRecord({ auditID: String(made++) });
          if (ending === undefined) {
            recent.begin(record);
            open.add(record);
          } else {
            record.end('ok', 1001);
            recent.ended(record);
            open.delete(record);
            expect([record.older, record.newer]).toEqual([undefined, undefined]);
          }
          expect(recent.open.map(idOf)).toEqual([...open].map(idOf));
        }
      }),
    );
  });

  it('keeps the last 20 errors, in order, and nothing of what else they hold', () => {
    const recent = new Recent();
    for (let i = 0; i < 47; i++) {
      recent.ended(failed(`/${i}`));
      recent.ended(endedRecord());
    }
    expect(recent.errors.map(({ what }) => what)).toEqual(
      Array.from({ length: 20 }, (_, i) => `/${i + 27}`),
    );
    expect(Object.keys(recent.errors[0] ?? {})).toEqual(
      'time verb what status outcome error'.split(' '),
    );
  });

  it('takes what the log has as warnings and errors', () => {
    const recent = new Recent();
    recent.ended(Object.assign(endedRecord(), { status: 404 }));
    recent.ended(Object.assign(endedRecord(), { outcome: 'client-gone' }));
    recent.ended(Object.assign(endedRecord(), { status: 503, name: 'a' }));
    recent.ended(Object.assign(endedRecord(), { status: 403, outcome: 'refused', name: 'b' }));
    expect(recent.errors.map(({ what }) => what)).toEqual(['pods/default/a', 'pods/default/b']);
  });
});

describe('statusSummary', () => {
  it('says in a few lines how porthole is', () => {
    const recent = new Recent();
    const watch = newRecord({ startedAt: 2000, kubectlCommand: 'kubectl get' });
    Object.assign(watch, { verb: 'watch', resource: 'pods', namespace: 'default' });
    const tunnel = Object.assign(newRecord({ startedAt: 3000 }), { upgrade: 'websocket' });
    for (const record of [watch, tunnel, newRecord({ startedAt: 9000 })]) recent.begin(record);
    recent.ended(endedRecord());
    recent.ended(failed('/api/v1/pods'));
    expect(statusSummary(recent, { ...STATUS, logDropped: 5, auditDropped: 7 })).toBe(
      [
        'status: up 3h 5m, memory 84.1MB (heap 31.0MB)',
        '  requests: 2 (ok 1, upstream-failed 1)',
        '  open: 3 (1 watch, 1 tunnel), the longest for 8000ms: watch pods/default by kubectl get',
        '  connections: 3 of clients, 2 to the API server',
        '  credentials: client certificate, good for 20 days',
        '  dropped: 5 log lines, 7 audit events',
        '  errors, the last 1:',
        '    11-22 13:05:10.885 502 get /api/v1/pods upstream-failed: unknown authority',
        '',
      ].join('\n'),
    );
  });

  it('says that there is nothing to say', () => {
    const text = statusSummary(new Recent(), STATUS);
    expect(text).toContain('requests: none yet\n  open: none\n');
    expect(text).toContain('dropped: 0 log lines\n  errors: none\n');
  });

  it.each([
    [59_999, '60.0s'],
    [61_000, '1m 1s'],
    [3 * 3600_000, '3h 0m'],
    [49 * 3600_000, '2d 1h'],
  ])('tells %d ms as %s', (uptimeMs, shown) => {
    expect(statusSummary(new Recent(), { ...STATUS, uptimeMs })).toContain(`up ${shown},`);
  });

  it('can not steer a terminal, and is no longer than it has to be', () => {
    const evil = `\x1b]0;owned\x07\r\n\x9b2J\u2028\u202e${'x'.repeat(100_000)}`;
    const recent = new Recent();
    for (let i = 0; i < 30; i++) recent.ended(failed(`/${evil}`, evil));
    recent.begin(newRecord({ path: evil, method: evil, userAgent: evil }));
    const text = statusSummary(recent, { ...STATUS, credentials: evil });
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(text.split('\n')).toHaveLength(28);
    expect(text.length).toBeLessThan(25_000);
  });

  it('hides the secret of the door, and never shows a query', () => {
    const secret = 'Secret+/of/the/door==';
    const recent = new Recent();
    const record = newRecord({ path: `/${secret}`, query: 'token=CANARY' });
    record.end('refused', 1001, new PortholeError('ERR_NOT_FOUND', encodeURIComponent(secret)));
    recent.begin(record);
    recent.ended(record);
    recent.begin(newRecord({ path: `/${secret}`, userAgent: secret }));
    const text = statusSummary(recent, { ...STATUS, secret });
    expect(text).not.toMatch(/CANARY|Secret|of.the.door/);
    expect(text).toContain('/***');
  });
});
