import { describe, expect, it } from 'vitest';
import { timings } from '../../../../src/record/har/timings.ts';
import { newRecord } from '../record.ts';

/** Of an exchange that took 100 ms, and whose answer began after 60. */
function timingsOf(facts: object) {
  const record = Object.assign(newRecord({ startedAt: 1000 }), { authMs: 2, ...facts });
  record.end('ok', 1100);
  return timings(record, 1060);
}

describe('timings', () => {
  it('of a connection that was made for the exchange: ssl is a part of connect', () => {
    expect(timingsOf({ connectMs: 30, dialMs: 20, dnsMs: 5, tlsMs: 7 })).toEqual({
      ...{ blocked: 5, dns: 5, connect: 22, ssl: 7, send: 0, wait: 28, receive: 40 },
      time: 100,
    });
  });

  it('of one that was under way before it was wanted: no time counts twice', () => {
    expect(timingsOf({ connectMs: 10, dialMs: 20, tlsMs: 7 })).toEqual({
      ...{ blocked: 2, dns: -1, connect: 27, ssl: 7, send: 0, wait: 31, receive: 40 },
      time: 100,
    });
  });

  it('of one that was open: what does not apply is -1', () => {
    expect(timingsOf({ connectMs: 0.5 })).toEqual({
      ...{ blocked: 2.5, dns: -1, connect: -1, ssl: -1, send: 0, wait: 57.5, receive: 40 },
      time: 100,
    });
  });

  it('of an exchange without an answer: all is waiting', () => {
    const record = Object.assign(newRecord({ startedAt: 1000 }), { authMs: 2, connectMs: 30 });
    record.end('client-gone', 1100);
    expect(timings(record, undefined)).toMatchObject({ wait: 68, receive: 0, time: 100 });
  });
});
