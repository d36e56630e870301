import { describe, expect, it } from 'vitest';
import { UNKNOWN } from '../../../../src/credentials/identity.ts';
import { PortholeError } from '../../../../src/errors.ts';
import { logFields, logLevel } from '../../../../src/record/access/fields.ts';
import type { Outcome } from '../../../../src/record/exchange-record.ts';
import { endedRecord, newRecord } from '../record.ts';

describe('logFields', () => {
  it('names every field of the line, in order, and no other', () => {
    expect(Object.keys(logFields(endedRecord()))).toEqual(
      (
        'time msg auditID method path query status verb apiGroup apiVersion resource subresource namespace name ' +
        'durationMs authMs connectMs dialMs dnsMs tlsMs ttfbMs bytesIn bytesOut events reused replayed clientAddress userAgent ' +
        'kubectlCommand kubectlSession user impersonatedUser outcome errorCode upgrade error'
      ).split(' '),
    );
  });

  it('leaves out what is unknown or empty, and keeps zero and false', () => {
    const record = newRecord({ userAgent: '' });
    record.reused = false;
    record.end('client-gone', 1000);

    expect(JSON.parse(JSON.stringify(logFields(record)))).toEqual({
      time: '2026-11-22T13:05:10.885Z',
      msg: 'client gone before the end',
      auditID: '6f1f4c3e-1f7a-4b8e-9d2c-0123456789ab',
      method: 'GET',
      path: '/api/v1/namespaces/default/pods/web-0',
      durationMs: 0,
      bytesIn: 0,
      bytesOut: 0,
      reused: false,
      clientAddress: '127.0.0.1:43210',
      outcome: 'client-gone',
    });
  });

  it('rounds milliseconds to microseconds', () => {
    expect(logFields(endedRecord())).toMatchObject({
      durationMs: 12.346,
      authMs: 0.012,
      connectMs: 0,
      ttfbMs: 8.1,
    });
  });

  it('carries the code and the sentence of the error', () => {
    const record = newRecord();
    record.end(
      'refused',
      1001,
      new PortholeError('ERR_HOST_REFUSED', 'Host evil.example is refused'),
    );

    expect(logFields(record)).toMatchObject({
      errorCode: 'ERR_HOST_REFUSED',
      error: 'Host evil.example is refused',
    });
  });

  it('tells of a stream that was opened without what only its end can say', () => {
    const record = newRecord();
    record.verb = 'watch';
    record.status = 200;
    record.ttfbMs = 3;
    record.events = 0;
    expect(JSON.parse(JSON.stringify(logFields(record)))).toEqual({
      time: '2026-11-22T13:05:10.885Z',
      msg: 'stream opened',
      auditID: '6f1f4c3e-1f7a-4b8e-9d2c-0123456789ab',
      method: 'GET',
      path: '/api/v1/namespaces/default/pods/web-0',
      status: 200,
      verb: 'watch',
      ttfbMs: 3,
      clientAddress: '127.0.0.1:43210',
      userAgent: 'kubectl/v1.35.2 (linux/amd64) kubernetes/fdc9d74',
    });
    expect(logLevel(record)).toBe('info');
  });

  it('names the user that the API server takes us for, and nobody when that is not known', () => {
    const record = endedRecord({ kubectlSession: 'c0ffee' });
    record.identity = UNKNOWN;
    record.events = 0;
    record.dnsMs = 1.5;
    expect(logFields(record)).toMatchObject({
      events: 0,
      dnsMs: 1.5,
      kubectlSession: 'c0ffee',
      user: undefined,
    });
    record.identity = {
      user: { username: 'alice', groups: ['system:masters'] },
      source: 'SelfSubjectReview',
    };
    expect(logFields(record).user).toBe('alice');
  });

  it('cuts what a client made long, visibly', () => {
    const long = 'x'.repeat(1024 * 1024);
    const record = endedRecord({
      auditID: long,
      method: long,
      path: `/${long}`,
      query: `q=${long}`,
      userAgent: long,
      kubectlCommand: long,
    });
    record.name = long;
    record.impersonatedUser = long;
    const fields = logFields(record);

    expect(fields.path).toBe(`/${'x'.repeat(8191)}...TRUNCATED`);
    expect(fields.query).toBe(`q=${'x'.repeat(8190)}...TRUNCATED`);
    expect(fields.userAgent).toBe(`${'x'.repeat(1024)}...TRUNCATED`);
    expect(JSON.stringify(fields).length).toBeLessThan(32 * 1024);
  });

  it('masks before it cuts, so that no cut can hide a key from the mask', () => {
    const { query } = logFields(endedRecord({ query: `${'a'.repeat(8185)}&token=CANARY` }));
    expect(query).not.toContain('CANARY');
  });
});

describe('logLevel', () => {
  it.each<[Outcome, number | undefined, string]>([
    ['ok', 200, 'info'],
    ['ok', 101, 'info'],
    ['ok', 404, 'info'],
    ['ok', 500, 'warn'],
    ['ok', 503, 'warn'],
    ['client-gone', undefined, 'info'],
    ['client-gone', 200, 'info'],
    ['refused', 403, 'warn'],
    ['refused', 503, 'warn'],
    ['upstream-failed', 502, 'error'],
    ['upstream-aborted', 200, 'error'],
  ])('%s with status %s is %s', (outcome, status, level) => {
    const record = newRecord();
    record.status = status;
    record.end(outcome, 1001);
    expect(logLevel(record)).toBe(level);
  });
});
