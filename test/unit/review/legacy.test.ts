import { describe, expect, it } from 'vitest';
import { readLegacy } from '../../../src/review/legacy.ts';

const PODS = { resource: 'pods', subresource: '', apiGroup: '', namespace: 'default', name: '' };
const LINE =
  '2026-11-22T13:05:10.885627123Z AUDIT: id="1ac4c5f0" stage="ResponseComplete" ip="127.0.0.1" method="list" user="alice" groups="\\"dev\\",\\"system:authenticated\\"" as="<self>" asgroups="<lookup>" user-agent="kubectl/v1.35.2 (linux/amd64)" namespace="default" uri="/api/v1/namespaces/default/pods?limit=500" response="200"';

const read = (line: string) => readLegacy(line, () => PODS);

describe('a line of the legacy format', () => {
  it('tells all but when it was written', () => {
    expect(read(LINE)).toEqual({
      stage: 'ResponseComplete',
      verb: 'list',
      requestURI: '/api/v1/namespaces/default/pods?limit=500',
      object: PODS,
      user: 'alice',
      impersonatedUser: '',
      userAgent: 'kubectl/v1.35.2 (linux/amd64)',
      code: 200,
      received: Date.parse('2026-11-22T13:05:10.885Z') * 1000 + 627,
      staged: Number.NaN,
      annotations: {},
    });
  });

  it('has placeholders for what there is not', () => {
    const line = LINE.replace('"alice"', '"<none>"')
      .replace('as="<self>"', 'as="bob"')
      .replace('"200"', '"<deferred>"')
      .replace(/ user-agent="[^"]*"/, '');
    expect(read(line)).toMatchObject({
      user: '',
      impersonatedUser: 'bob',
      userAgent: '',
      code: undefined,
    });
  });

  it('may be written in any time zone', () => {
    const line = LINE.replace('T13:05:10.885627123Z', 'T14:05:10.885627123+01:00');
    expect(read(line)?.received).toBe(read(LINE)?.received);
  });

  it('quotes as Go does', () => {
    const go = String.raw`user="a\"b\\c\n\t\x1b\x7f\u2028\U0001f600\a"`;
    expect(read(LINE.replace('user="alice"', go))?.user).toBe(
      'a"b\\c\n\t\x1b\x7f\u2028\u{1f600}\x07',
    );
  });

  it('that was cut anywhere is none', () => {
    for (let length = 0; length < LINE.length; length++)
      expect(read(LINE.slice(0, length)), `${length} characters`).toBeUndefined();
  });

  it('is read up to a length, and longer ones are none instead of the end of the reader', () => {
    const withUri = (uri: string) => read(LINE.replace(/uri="[^"]*"/, () => `uri="${uri}"`));
    expect(withUri(String.raw`\"`.repeat(500_000))?.requestURI).toBe('"'.repeat(500_000));
    for (const uri of ['a'.repeat(20e6), String.raw`\"`.repeat(10e6)])
      expect(withUri(uri)).toBeUndefined();
  });

  it('tells of events that porthole dropped', () => {
    const line =
      '2026-11-22T13:05:10.885Z AUDIT: id="1" stage="ResponseComplete" dropped-events="3"';
    expect(read(line)).toMatchObject({
      code: undefined,
      annotations: { 'porthole/dropped-events': '3' },
    });
    expect(read(line.slice(0, -1))).toBeUndefined();
  });

  it('of another program is none', () => {
    expect(read('I1122 13:05:10.885627       1 server.go:42] AUDIT: id="1"')).toBeUndefined();
    expect(read(`${LINE} AUDIT: `)).toBeUndefined();
  });
});
