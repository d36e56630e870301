import { describe, expect, it } from 'vitest';
import { droppedBefore, microseconds, readJson } from '../../../src/review/event.ts';
import { inert, localTime, textLine } from '../../../src/review/text.ts';
import { createTop } from '../../../src/review/top.ts';
import { eventWith, lineOf } from './event.ts';

describe('an audit file of somebody who means harm', () => {
  it('has times at the end of time, which are none', () => {
    const [last, behind] = ['+275760-09-13T00:00:00.000999Z', '+275760-09-12T23:59:59.999999Z'];
    expect(microseconds(last)).toBeNaN();
    expect(localTime(microseconds(behind))).not.toContain('NaN');
    for (const output of ['json', 'text'] as const) {
      const top = createTop({ top: 5, by: 'verb', output });
      for (const time of [last, behind, '-271821-04-20T00:00:00.000001Z', 'never']) {
        const fields = { requestReceivedTimestamp: time, stageTimestamp: time };
        top.add({ event: eventWith(fields), line: '' });
        expect(textLine(eventWith(fields))).not.toContain('NaN');
      }
      expect(top.report()).not.toContain('NaN');
    }
  });

  it.each(['1e400', '-5', '0x10', ' 3', '9'.repeat(40), 'Infinity'])(
    'tells of no %s dropped events',
    (count) => {
      expect(droppedBefore(eventWith({ annotations: { 'porthole/dropped-events': count } }))).toBe(
        0,
      );
    },
  );

  it('nests an item of a list deeper than it could be written, and no reader falls over it', () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    const list = `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{"x":${deep}}]}`;
    expect(readJson(list)).toBeUndefined();
    expect(readJson(lineOf().replace('{', `{"x":${deep},`))).toHaveLength(1);
  });

  it('steers no terminal with what is shown as it was', () => {
    const line = lineOf({ userAgent: 'A' }).replace('"A"', '"\x7f\x9b31m\u2028"');
    expect(inert(line)).toBe(line.replace('\x7f\x9b31m\u2028', String.raw`\u007f\u009b31m\u2028`));
    expect(JSON.parse(inert(line))).toEqual(JSON.parse(line));
    expect(inert('{\r\t"a":1}')).toBe('{  "a":1}');
    expect(inert('id="\x1b]0;x\x07"')).toBe(String.raw`id="\u001b]0;x\u0007"`);
  });
});
