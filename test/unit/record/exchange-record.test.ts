import { describe, expect, it } from 'vitest';
import { PortholeError } from '../../../src/errors.ts';
import type { ExchangeRecord } from '../../../src/record/exchange-record.ts';
import { newRecord } from './record.ts';

describe('ExchangeRecord', () => {
  it('ends with its duration, outcome, error code and sentence, and hands itself on', () => {
    const ended: ExchangeRecord[] = [];
    const record = newRecord({}, (r) => ended.push(r));
    const error = new PortholeError(
      'ERR_UPSTREAM_TLS',
      'the API server shows an unknown certificate',
    );

    record.end('upstream-failed', 1250.5, error);

    expect(ended).toEqual([record]);
    expect(record).toMatchObject({
      outcome: 'upstream-failed',
      durationMs: 250.5,
      errorCode: 'ERR_UPSTREAM_TLS',
      error: 'the API server shows an unknown certificate',
    });
  });

  it('ends exactly once, and the first end wins', () => {
    let ends = 0;
    const record = newRecord({}, () => ends++);

    record.end('client-gone', 1010);
    record.end('upstream-aborted', 1020, new PortholeError('ERR_UPSTREAM_ABORTED', 'cut short'));
    record.end('ok', 1030);

    expect(ends).toBe(1);
    expect(record).toMatchObject({ outcome: 'client-gone', durationMs: 10 });
    expect(record.errorCode).toBeUndefined();
  });

  it('ends once also when the end is reported back while it is being handed on', () => {
    let ends = 0;
    const record = newRecord({}, (r) => {
      ends++;
      r.end('ok', 2000);
    });

    record.end('refused', 1001);

    expect(ends).toBe(1);
    expect(record.outcome).toBe('refused');
  });
});
