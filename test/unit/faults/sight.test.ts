import { expect, it } from 'vitest';
import type { Heard } from '../../support/consistency/asking.ts';
import { itemsOf, sightOfAnswer, sightOfWatch, sightOfWrite } from '../../support/faults/sight.ts';

const LIST = '{"metadata":{"resourceVersion":"7"},"items":[{"a":1},{"b":2}]}';
const RIGHT = '[{"a":1},{"b":2}]';

const heard = (more: Partial<Heard> = {}): Heard => ({
  ...{ status: 200, whole: true, left: false, auditID: undefined, body: Buffer.from(LIST) },
  ...more,
});

it.each([
  ['whole and right', {}],
  ['whole and right', { body: Buffer.from(LIST.replace('7', '8')) }],
  ['LOOKS WHOLE, and is not', { body: Buffer.from(LIST.replace(',{"b":2}', '')) }],
  ['LOOKS WHOLE, and is not', { body: Buffer.from(LIST.slice(0, 40)) }],
  ['LOOKS WHOLE, and is not', { body: Buffer.from('{"kind":"Status"}') }],
  ['cut, seen', { whole: false }],
  ['no answer, seen', { status: 0, whole: false }],
  ['answered 502', { status: 502 }],
  ['nothing for 15 s', { status: 0, whole: false, left: true }],
  ['a part, and silence for 15 s', { whole: false, left: true }],
] satisfies [string, Partial<Heard>][])('an answer is seen: %s', (sight, more) => {
  expect(sightOfAnswer(heard(more), RIGHT, itemsOf)).toBe(sight);
});

it.each([
  ['told 201', { status: 201 }],
  ['told 500, cut', { status: 500, whole: false }],
  ['connection closed', { status: 0, whole: false }],
  ['told nothing for 15 s', { status: 0, whole: false, left: true }],
] satisfies [string, Partial<Heard>][])('a writer is told: %s', (sight, more) => {
  expect(sightOfWrite(heard(more))).toBe(sight);
});

it.each([
  ['all events', 'one\ntwo\n', 'open'],
  ['all events, then an end', 'one\ntwo\n', 'complete'],
  ['a prefix, end seen', 'one\ntw', 'cut'],
  ['a prefix, and silence for 15 s', 'one\n', 'open'],
  ['a prefix that LOOKS WHOLE', 'one\n', 'complete'],
  ['NOT WHAT HAPPENED', 'two\n', 'cut'],
] as const)('a watch is seen: %s', (sight, received, state) => {
  expect(sightOfWatch({ received, state }, 'one\ntwo\n')).toBe(sight);
});

it('has no items of what is no list', () => {
  expect(itemsOf(LIST)).toBe(RIGHT);
  expect(itemsOf('{"kind":"Status"}')).toBeUndefined();
  expect(itemsOf('{"items":[')).toBeUndefined();
});
