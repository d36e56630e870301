import { describe, expect, it } from 'vitest';
import { PortholeError } from '../../../../src/errors.ts';
import { openedLine, prettyLine } from '../../../../src/record/access/pretty.ts';
import type { ExchangeRecord } from '../../../../src/record/exchange-record.ts';
import { endedRecord, newRecord } from '../record.ts';

/** The line with runs of spaces made one, to compare words and not columns. */
function words(record: ExchangeRecord): string {
  return prettyLine(record, false).trimEnd().replace(/ +/g, ' ');
}

/** 13:05:10.885 wherever the test runs. */
const TIME = new Date(2026, 10, 22, 13, 5, 10, 885).getTime();

describe('prettyLine', () => {
  it('says when, status, verb, object, total, first byte, bytes and program', () => {
    expect(words(endedRecord({ time: TIME }))).toBe(
      '13:05:10.885 200 get pods/default/web-0 12ms (8.10ms) 2.6kB kubectl/v1.35.2',
    );
  });

  it.each<[string, Partial<ExchangeRecord>]>([
    ['pods/default/web-0/log', { subresource: 'log' }],
    ['deployments.apps/default/web', { apiGroup: 'apps', resource: 'deployments', name: 'web' }],
    ['pods/default', { verb: 'list', name: '' }],
    ['pods', { verb: 'list', namespace: '', name: '' }],
    ['nodes/n1', { resource: 'nodes', namespace: '', name: 'n1' }],
    ['namespaces/dev', { resource: 'namespaces', namespace: 'dev', name: 'dev' }],
    ['/api/v1/namespaces/default/pods/web-0', { resource: '' }],
  ])('names the object: %s', (what, fields) => {
    const record = Object.assign(endedRecord(), fields);
    expect(words(record).split(' ')[3]).toBe(what);
  });

  it('prints - for a status that never was, and the outcome', () => {
    const record = newRecord({ time: TIME, userAgent: undefined });
    record.end('client-gone', 1003.21);
    expect(words(record)).toBe(
      '13:05:10.885 - get /api/v1/namespaces/default/pods/web-0 3.21ms 0B - client-gone',
    );
  });

  it('ends with the outcome and the sentence of the error', () => {
    const record = newRecord();
    record.status = 502;
    record.end('upstream-failed', 1001, new PortholeError('ERR_UPSTREAM_TLS', 'unknown authority'));
    expect(words(record)).toMatch(/ upstream-failed: unknown authority$/);
  });

  it('shows bytes of the request only when there are some', () => {
    const record = endedRecord();
    expect(words(record)).not.toContain(' in ');
    record.bytesIn = 310;
    expect(words(record)).toContain(' 2.6kB +310B in ');
  });

  it("prefers kubectl's own name of its command", () => {
    expect(words(endedRecord({ kubectlCommand: 'kubectl get' }))).toMatch(/ 2\.6kB kubectl get$/);
  });

  it.each<[number, string]>([
    [0.1234, '0.12ms'],
    [99.6, '100ms'],
    [9999, '9999ms'],
    [61_500, '61.5s'],
  ])('%d ms reads %s', (ms, shown) => {
    const record = newRecord();
    record.end('ok', 1000 + ms);
    expect(words(record)).toContain(` ${shown} `);
  });

  it('keeps its columns for ordinary requests', () => {
    const list = Object.assign(endedRecord(), {
      verb: 'deletecollection',
      name: '',
      bytesOut: 12,
      status: 404,
    });
    const at = (record: ExchangeRecord) => prettyLine(record, false).indexOf('kubectl/');
    expect(at(list)).toBe(at(endedRecord()));
  });
});

describe('prettyLine on a terminal', () => {
  const ESC = '\x1b';

  it('has no escape sequences without colour', () => {
    expect(prettyLine(endedRecord(), false)).not.toContain(ESC);
  });

  it.each<[number | undefined, string]>([
    [200, '32'],
    [302, '36'],
    [404, '33'],
    [503, '31'],
    [undefined, '31'],
  ])('colours status %s by its class', (status, code) => {
    const record = Object.assign(endedRecord(), { status });
    expect(prettyLine(record, true)).toContain(`${ESC}[${code}m${status ?? '  -'}${ESC}[0m`);
  });

  it('sets verbs apart that change something', () => {
    const paintOf = (verb: string) =>
      prettyLine(Object.assign(endedRecord(), { verb }), true).split(verb)[0]?.slice(-5);
    expect(paintOf('delete')).toBe(paintOf('create'));
    expect(paintOf('delete')).not.toBe(paintOf('get'));
  });

  it('differs from the plain line in colours only', () => {
    const record = endedRecord();
    const stripped = prettyLine(record, true).replaceAll(new RegExp(`${ESC}\\[\\d+m`, 'g'), '');
    expect(stripped).toBe(prettyLine(record, false));
  });

  it.each([
    ['ESC', '\x1b]0;owned\x07', '\\x1b]0;owned\\x07'],
    ['CR and LF', 'a\r\nb', 'a\\x0d\\x0ab'],
    ['C1', 'a\x9b2Jb', 'a\\x9b2Jb'],
    ['DEL and NUL', '\x7f\x00', '\\x7f\\x00'],
    ['line separators', '\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['right-to-left override', 'a\u202eb', 'a\\u{202e}b'],
  ])('shows %s instead of obeying it, wherever a stranger could write it', (_, evil, shown) => {
    const record = newRecord({ path: `/${evil}`, userAgent: evil, method: evil });
    record.end('upstream-failed', 1001, new PortholeError('ERR_UPSTREAM_MALFORMED', evil));
    const resource = Object.assign(endedRecord({ kubectlCommand: evil }), {
      verb: evil,
      name: evil,
    });

    for (const line of [prettyLine(record, false), prettyLine(resource, false)]) {
      expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(line.split(shown).length - 1).toBeGreaterThanOrEqual(3);
      expect(line.endsWith('\n')).toBe(true);
    }
  });

  it('bounds what a stranger made long', () => {
    const long = 'x'.repeat(100_000);
    const record = newRecord({ path: long, userAgent: long, method: long });
    record.end('refused', 1001, new PortholeError('ERR_BAD_TARGET', long));
    expect(prettyLine(record, true).length).toBeLessThan(1200);
  });
});

describe('prettyLine on a terminal of some width', () => {
  const widths = Array.from({ length: 240 - 64 }, (_, i) => 64 + i);

  /** What may fill each column, and more than fills it. */
  const full = (differing: Partial<ExchangeRecord> = {}): ExchangeRecord =>
    Object.assign(
      endedRecord({
        userAgent: `kubectl/v1.35.2 (linux/amd64) ${'kubernetes/'.repeat(30)}`,
        kubectlCommand: 'kubectl rollout restart',
        kubectlSession: 'c0ffee00-1111-4222-8333-444455556666',
      }),
      { name: 'x'.repeat(150), bytesIn: 999_900_000, bytesOut: 999_900_000 },
      differing,
    );

  it.each<[string, Partial<ExchangeRecord>]>([
    ['a long name', {}],
    ['a long verb', { verb: 'deletecollection' }],
    ["a stranger's verb", { verb: '', method: 'x'.repeat(300) }],
    ['a watch', { verb: 'watch', longRunning: true, events: 123_456 }],
    ['a watch that the client left', { events: 12_345, outcome: 'client-gone', error: 'it left' }],
    ['a tunnel that porthole cut', { upgrade: 'websocket', outcome: 'stopped', error: 'stop' }],
  ])('fits any width: %s', (_, differing) => {
    for (const columns of widths) {
      const line = prettyLine(full(differing), false, columns);
      expect(line.length - 1, `${columns}: ${line}`).toBeLessThanOrEqual(columns);
      expect(line).toContain('…');
    }
  });

  it('shows at 80 columns what a request was, without what there is no room for', () => {
    const record = endedRecord({ time: TIME });
    record.bytesIn = 310;
    expect(prettyLine(record, false, 80)).toBe(
      '13:05:10 200 get    pods/default/web-0                 12ms   2.6kB kubectl\n',
    );
    record.name = 'a-very-long-name-of-a-deployment-6d5f7c9b8-x2x9z';
    record.subresource = 'log';
    expect(prettyLine(record, false, 80)).toBe(
      '13:05:10 200 get    pods/default/a-…7c9b8-x2x9z/log    12ms   2.6kB kubectl\n',
    );
  });

  it('shows at 80 columns the events of a watch, and who ended it in place of whose it was', () => {
    const record = endedRecord({ time: TIME });
    Object.assign(record, { verb: 'watch', longRunning: true, events: 42, outcome: 'client-gone' });
    expect(prettyLine(record, false, 80)).toBe(
      '13:05:10 200 watch  pods/default/web-0                 12ms    42ev client-gone\n',
    );
  });

  it('shows at 200 columns the session and the whole User-Agent too', () => {
    const record = endedRecord({
      kubectlCommand: 'kubectl get',
      kubectlSession: 'c0ffee00-1111-4222-8333-444455556666',
    });
    expect(prettyLine(record, false, 200)).toMatch(
      / 2\.6kB kubectl get c0ffee00 kubectl\/v1\.35\.2 \(linux\/amd64\) kubernetes\/fdc9d74\n$/,
    );
    expect(prettyLine(endedRecord(), false, 200)).toMatch(
      / 2\.6kB kubectl\/v1\.35\.2 \(linux\/amd64\) kubernetes\/fdc9d74\n$/,
    );
  });

  it('keeps the columns of all lines of a width below each other', () => {
    for (const columns of widths) {
      const at = (record: ExchangeRecord) => prettyLine(record, false, columns).indexOf('12ms');
      expect(at(full())).toBe(at(endedRecord()));
      expect(at(full({ verb: 'deletecollection' }))).toBe(at(endedRecord()));
    }
  });

  it('never cuts what went wrong', () => {
    const record = newRecord();
    record.end('upstream-failed', 1001, new PortholeError('ERR_UPSTREAM_TLS', 'why '.repeat(50)));
    expect(prettyLine(record, false, 80)).toContain(`upstream-failed: ${'why '.repeat(50)}`);
  });

  it('differs in colours only, at each width', () => {
    for (const columns of widths) {
      const line = prettyLine(full(), true, columns).replaceAll(/\x1b\[\d+m/g, '');
      expect(line).toBe(prettyLine(full(), false, columns));
    }
  });
});

describe('the lines of a stream', () => {
  it('are one when it opens, and one with its duration and events at the moment of its end', () => {
    const record = newRecord({ time: TIME, kubectlCommand: 'kubectl get' });
    Object.assign(record, { verb: 'watch', resource: 'pods', namespace: 'default', status: 200 });
    record.longRunning = true;
    record.ttfbMs = 8.1;
    expect(openedLine(record, false).trimEnd().replace(/ +/g, ' ')).toBe(
      '13:05:10.885 200 watch pods/default opened (8.10ms) kubectl get',
    );
    record.events = 42;
    record.bytesOut = 12_000;
    record.end('ok', 62_000);
    expect(words(record)).toBe(
      '13:06:11.885 200 watch pods/default 61.0s (8.10ms) 12.0kB 42 events kubectl get',
    );
  });
});
