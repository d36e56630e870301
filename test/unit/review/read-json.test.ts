import { describe, expect, it } from 'vitest';
import { latencyOf, microseconds, readJson } from '../../../src/review/event.ts';
import { eventWith, lineOf } from './event.ts';

describe('a line of JSON', () => {
  it('is an event of any version of audit.k8s.io', () => {
    for (const version of ['v1', 'v1beta1', 'v1alpha1']) {
      const line = lineOf({ apiVersion: `audit.k8s.io/${version}` });
      expect(readJson(line)).toMatchObject([{ line, event: { verb: 'get', user: 'alice' } }]);
    }
  });

  it.each([
    ['an event of the core group', lineOf({ apiVersion: 'v1' })],
    ['a policy', lineOf({ kind: 'Policy' })],
    ['an array', '[1]'],
    ['null', 'null'],
    ['half an event', lineOf().slice(0, 200)],
    ['a list without items', '{"kind":"EventList","apiVersion":"audit.k8s.io/v1"}'],
    ['nothing', ''],
  ])('that is %s is none', (_, line) => {
    expect(readJson(line)).toBeUndefined();
  });

  it('is several events where it is a list, each with a line of its own', () => {
    const items = ['get', 'list'].map((verb) => ({
      ...JSON.parse(lineOf({ verb })),
      kind: undefined,
      apiVersion: undefined,
    }));
    const list = JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', items });
    const found = readJson(list) ?? [];
    expect(found.map(({ event }) => event.verb)).toEqual(['get', 'list']);
    for (const { line, event } of found) expect(readJson(line)).toEqual([{ line, event }]);
  });

  it('may hold values of other types, which say nothing', () => {
    const event = eventWith({
      verb: 1,
      user: null,
      objectRef: 'pods',
      responseStatus: { code: '200' },
      stageTimestamp: null,
      annotations: [],
      userAgent: { a: 1 },
    });
    expect(event).toMatchObject({ verb: '', user: '', userAgent: '', code: undefined });
    expect(event.object.resource).toBe('');
    expect(latencyOf(event)).toBeUndefined();
  });
});

describe('a time', () => {
  it.each([
    ['2026-11-22T13:05:10.885627Z', 885_627],
    ['2026-11-22T13:05:10.885627999Z', 885_627],
    ['2026-11-22T14:05:10.8856+01:00', 885_600],
    ['2026-11-22T13:05:10.5Z', 500_000],
    ['2026-11-22T13:05:10Z', 0],
  ])('%s is read to the microsecond', (text, behindSecond) => {
    expect(microseconds(text)).toBe(Date.UTC(2026, 10, 22, 13, 5, 10) * 1000 + behindSecond);
  });

  it('that is none is not a number', () => {
    expect(microseconds('')).toBeNaN();
    expect(microseconds('yesterday')).toBeNaN();
  });

  it('of the end before that of the beginning makes no negative latency', () => {
    expect(latencyOf(eventWith())).toBe(12_173);
    expect(latencyOf(eventWith({ stageTimestamp: '2026-11-22T13:00:00.000000Z' }))).toBe(0);
  });
});
