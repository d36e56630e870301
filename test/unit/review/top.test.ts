import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../../src/review/event.ts';
import { Tally } from '../../../src/review/tally.ts';
import { createTop, type TopOptions } from '../../../src/review/top.ts';
import { eventWith, slowEvent } from './event.ts';

const REFUSED = { responseStatus: { code: 403 } };
const WATCH = { verb: 'watch' };

function topOf(events: readonly AuditEvent[], options: Partial<TopOptions> = {}): string {
  const top = createTop({ top: 10, by: 'verb', output: 'text', ...options });
  for (const [at, event] of events.entries()) top.add({ event, line: `line ${at}` });
  return top.report();
}

const cells = (line: string) => line.split(/ {2,}/);

describe('the table', () => {
  it('counts groups, with those first that have most, and tells how long they took', () => {
    const events = [
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 1000].map((ms) => slowEvent(ms)),
      slowEvent(3, { verb: 'delete', ...REFUSED }),
      ...[1, 1].map((ms) => slowEvent(ms, { verb: 'list', ...REFUSED })),
    ];
    const [head = '', get = '', list = '', remove = '', ...rest] = topOf(events).split('\n');
    expect(cells(head)).toEqual(['VERB', 'COUNT', 'SHARE', 'ERRORS', 'P50', 'P90', 'P99', 'MAX']);
    expect(cells(get).slice(0, 4)).toEqual(['get', '10', '76.9%', '0']);
    expect(cells(get).slice(4).map(Number.parseFloat)).toEqual([
      expect.closeTo(5, 1),
      expect.closeTo(9, 0),
      expect.closeTo(1000, -2),
      1000,
    ]);
    expect(cells(list).slice(0, 4)).toEqual(['list', '2', '15.4%', '2']);
    expect(cells(remove).slice(0, 4)).toEqual(['delete', '1', '7.7%', '1']);
    expect(rest.join('\n')).toMatch(/^\n13 requests, 3 with an error \(23\.1 %\), from /);
    // Columns are below each other.
    expect(new Set([head, get, list, remove].map((line) => line.length)).size).toBe(1);
  });

  it.each<[TopOptions['by'], string]>([
    ['client', 'kubectl get'],
    ['verb', 'get'],
    ['resource', 'deployments/scale.apps'],
    ['user', 'alice as bob'],
    ['code', '200'],
  ])('groups by %s', (by, name) => {
    const event = eventWith({
      impersonatedUser: { username: 'bob' },
      objectRef: { resource: 'deployments', apiGroup: 'apps', subresource: 'scale' },
      annotations: { 'porthole/kubectl-command': 'kubectl get' },
    });
    expect(topOf([event], { by }).split('\n')[1]).toMatch(new RegExp(`^${name} +1 +100\\.0%`));
  });

  it('groups paths that are no resources by their first part', () => {
    const paths = ['/apis/apps/v1?timeout=32s', '/apis', '/healthz', ''];
    const events = paths.map((requestURI) => eventWith({ requestURI, objectRef: undefined }));
    const names = topOf(events, { by: 'resource' })
      .split('\n')
      .slice(1, 4)
      .map((line) => cells(line)[0]);
    expect(names).toEqual(['/apis', '-', '/healthz']);
  });

  it('leaves watches out of the times, but in groups that have nothing else', () => {
    const events = [slowEvent(60_000, WATCH), slowEvent(5)];
    expect(topOf(events)).toMatch(/^watch .* 60\.0s$/m);
    expect(topOf(events, { by: 'user' })).toMatch(/^alice +2 .* 5\.00ms$/m);
    expect(topOf(events)).toContain('Times leave out 1 watches');
  });

  it('has no times where events tell none', () => {
    const table = topOf([eventWith({ stageTimestamp: null })]);
    expect(table).toMatch(/^get +1 +100\.0% +0 +- +- +- +-$/m);
    expect(table).not.toContain('Percentiles');
  });

  it('shows only so many groups, and says how many more there are', () => {
    const events = ['a', 'b', 'c'].map((verb) => eventWith({ verb }));
    const lines = topOf(events, { top: 1 }).split('\n');
    expect(lines[1]).toMatch(/^a /);
    expect(lines[2]).toBe('');
    expect(lines[4]).toMatch(/^There are 2 more\./);
  });

  it('of nothing is a table without rows', () => {
    expect(topOf([])).toMatch(/^VERB .*\n\n0 requests, 0 with an error \(0 %\)\.\n/);
  });

  it('cannot steer a terminal', () => {
    const event = eventWith({ verb: '\x1b[2Jget\u202e\n' });
    expect(topOf([event])).toContain(String.raw`\u{1b}[2Jget\u{202e}\u{a} `);
  });

  it('counts what porthole dropped beside the requests', () => {
    const event = eventWith({ annotations: { 'porthole/dropped-events': '41' } });
    const table = topOf([event, event, eventWith()]);
    expect(table).toContain('\n1 requests, 0 with');
    expect(table).toContain('\n82 events are missing: porthole had to drop them.\n');
  });

  it('is an object for programs', () => {
    const json = topOf([slowEvent(4), slowEvent(4, REFUSED), slowEvent(1, { verb: 'list' })], {
      top: 1,
      output: 'json',
    });
    expect(JSON.parse(json)).toMatchObject({
      by: 'verb',
      requests: 3,
      errors: 1,
      dropped: 0,
      from: '2026-11-22T13:00:00.000Z',
      groups: [{ verb: 'get', count: 2, share: 2 / 3, errors: 1, maxMs: 4 }],
    });
  });
});

describe('the slowest requests', () => {
  // Enough for several sortings, in no order.
  const latencies = Array.from({ length: 2000 }, (_, at) => (at * 7919) % 2003);
  const events = latencies.map((ms) => slowEvent(ms, { userAgent: `took-${ms}` }));

  it('are shown with the slowest first', () => {
    const shown = topOf(events, { top: 3, by: 'latency' }).matchAll(/took-(\d+)/g);
    const slowest = latencies.toSorted((a, b) => b - a).slice(0, 3);
    expect([...shown].map(([, ms]) => Number(ms))).toEqual(slowest);
  });

  it('are as they were for programs', () => {
    const at = latencies.indexOf(Math.max(...latencies));
    expect(topOf(events, { top: 1, by: 'latency', output: 'json' })).toBe(`line ${at}\n`);
  });

  it('are watches only where there is nothing else', () => {
    const watch = slowEvent(60_000, WATCH);
    const both = topOf([watch, slowEvent(5)], { by: 'latency' });
    expect(both).toContain('5.00ms');
    expect(both).not.toContain('60.0s');
    expect(topOf([watch], { by: 'latency' })).toContain('60.0s');
  });

  it('are none when none are wanted', () => {
    expect(topOf([slowEvent(5)], { top: 0, by: 'latency' })).toMatch(/^\n1 requests/);
  });
});

describe('a tally', () => {
  it('keeps only so many groups, and counts the rest as one', () => {
    const tally = new Tally(({ userAgent }) => userAgent, 2);
    for (const userAgent of ['a', 'b', 'c', 'd', 'a']) tally.add(eventWith({ userAgent }));
    expect(tally.first(9).map(({ name, count }) => [name, count])).toEqual([
      ['(others)', 2],
      ['a', 2],
      ['b', 1],
    ]);
  });
});
