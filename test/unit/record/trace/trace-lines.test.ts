import { describe, expect, it } from 'vitest';
import { PortholeError } from '../../../../src/errors.ts';
import type { ExchangeRecord } from '../../../../src/record/exchange-record.ts';
import { TraceLines } from '../../../../src/record/trace/trace-lines.ts';
import { begun, head } from './call.ts';

function traced({ colour = false, from = 0 } = {}) {
  const written: string[] = [];
  let now = from;
  const lines = new TraceLines({ write: (line) => written.push(line), colour, now: () => now });
  return {
    lines,
    /** Lines so far, with runs of spaces made one. */
    words: () => written.map((line) => line.trim().replace(/ +/g, ' ')),
    written,
    at(time: number) {
      now = time;
    },
    call(name: string, differing: Partial<ExchangeRecord> = {}) {
      const path = `/api/v1/namespaces/default/pods/${name}`;
      const fields = { name, bytesOut: 1200, ...differing };
      const record = begun({ start: { path }, from: now, fields });
      const trail = lines.begin(record);
      return {
        record,
        answer: (status = 200, kind: 'chunked' | 'none' = 'none') =>
          trail.responded?.(head(status, kind)),
        end(outcome: 'ok' | 'client-gone' | 'upstream-aborted' = 'ok', error?: PortholeError) {
          record.end(outcome, now, error);
          lines.ended(record);
        },
      };
    },
  };
}

const PODS = '/api/v1/namespaces/default/pods';
const WATCH = { verb: 'watch', longRunning: true };

describe('lines of a trace', () => {
  it('says when, status, verb, method, duration, bytes, path', () => {
    const { call, at, written } = traced({ from: 1000 });
    const one = call('web');
    at(1412);
    one.answer();
    at(1500);
    one.end();
    expect(written).toEqual([`  0.412 200 get    GET     500ms   1.2kB ${PODS}/web\n`]);
  });

  it('keeps the order in which answers began', () => {
    const { call, words } = traced();
    const [one, two, three] = [call('1'), call('2'), call('3')];
    two.answer();
    one.answer();
    three.answer();
    three.end();
    one.end();
    expect(words()).toEqual([]);
    two.end();
    expect(words().map((line) => line.slice(-1))).toEqual(['2', '1', '3']);
  });

  it('shows a watch when it opens and when it ends', () => {
    const { call, at, words } = traced();
    const watch = call('', { ...WATCH, events: 2 });
    at(3);
    watch.answer(200, 'chunked');
    expect(words()).toEqual([`0.003 200 watch GET 3.00ms open ${PODS}/`]);
    at(5000);
    watch.end('client-gone');
    expect(words()[1]).toBe(`5.000 200 watch GET 5000ms 1.2kB ${PODS}/ (end, 2 events)`);
  });

  it('says how a watch was cut', () => {
    const { call, words } = traced();
    const watch = call('', WATCH);
    watch.answer(200, 'chunked');
    watch.end('upstream-aborted', new PortholeError('ERR_UPSTREAM_ABORTED', 'it broke off'));
    expect(words()[1]).toMatch(/ \(end\) upstream-aborted: it broke off$/);
  });

  it.each([
    { how: 'upgrade', status: 101, kind: 'none', fields: {}, lines: 2 },
    { how: 'refused watch', status: 403, kind: 'none', fields: WATCH, lines: 1 },
    { how: 'log of a pod with a length', status: 200, kind: 'none', fields: WATCH, lines: 1 },
    { how: 'chunked list', status: 200, kind: 'chunked', fields: {}, lines: 1 },
  ] as const)('has $lines for: $how', ({ status, kind, fields, lines }) => {
    const { call, words } = traced();
    const one = call('', { ...fields, status });
    one.answer(status, kind);
    one.end();
    expect(words()).toHaveLength(lines);
  });

  it('opens what keeps others back for too long', () => {
    const { call, at, words } = traced();
    const [slow, other, next] = [call('slow'), call('other'), call('next')];
    slow.answer();
    other.answer();
    at(999);
    other.end();
    expect(words()).toEqual([]);
    at(1000);
    next.answer();
    expect(words()).toEqual([
      `0.000 200 get GET 0.00ms open ${PODS}/slow`,
      `0.000 200 get GET 999ms 1.2kB ${PODS}/other`,
    ]);
    next.end();
    slow.end();
    expect(words().at(-1)).toBe(`1.000 200 get GET 1000ms 1.2kB ${PODS}/slow (end)`);
  });

  it('shows a call without an answer where it ended', () => {
    const { call, at, words } = traced();
    const [gone, answered] = [call('gone', { status: undefined, bytesOut: 0 }), call('answered')];
    answered.answer();
    answered.end();
    at(20);
    gone.end('client-gone');
    expect(words()[1]).toBe(`0.020 - get GET 20ms 0B ${PODS}/gone client-gone`);
  });

  it('shows what nobody followed, as heads that could not be read', () => {
    const { lines, words } = traced();
    const fields = { verb: '', resource: '', status: 400 };
    const start = { method: '', path: '', version: '' } as const;
    const record = begun({ start, fields });
    record.end('refused', 1, new PortholeError('ERR_UPSTREAM_TLS', 'no head'));
    lines.ended(record);
    expect(words()).toEqual(['0.000 400 - - 1.00ms 0B - refused: no head']);
  });

  it('masks tokens, and escapes what a terminal would act upon', () => {
    const { lines, words } = traced();
    const record = begun({ start: { path: '/\x1b]0;x\x07\u202e', query: 'token=canary&watch=1' } });
    record.end('ok', 1);
    lines.ended(record);
    expect(words()[0]).toMatch(/ \/\\x1b\]0;x\\x07\\u\{202e\}\?token=\*\*\*&watch=1$/);
  });

  it('leaves half of 80 columns to the path, which begins where the others do', () => {
    const { call, written } = traced();
    for (const fields of [{}, { verb: 'delete', bytesOut: 999_900 }, { status: undefined }])
      call('web', fields).end();
    expect(written.map((line) => line.indexOf('/api'))).toEqual([41, 41, 41]);
  });

  it('paints the status, and nothing without colour', () => {
    for (const [status, painted] of [
      [200, '\x1b[32m200'],
      [404, '\x1b[33m404'],
      [500, '\x1b[31m500'],
    ] as const) {
      const { call, written } = traced({ colour: true });
      call('web', { status }).end();
      expect(written[0]).toContain(painted);
    }
  });
});
