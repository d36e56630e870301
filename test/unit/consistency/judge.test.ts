import { expect, it } from 'vitest';
import type { Answer, Asked, WatchPiece, World, Write } from '../../support/consistency/journal.ts';
import { violationsOf } from '../../support/consistency/judge.ts';

const answer = (status: number, more: Partial<Answer> = {}): Answer => ({
  ...{ status, whole: true, auditID: undefined, revision: undefined, objects: [], broken: false },
  ...more,
});

const A1 = { name: 'a', revision: 11, op: 'create-a' };
const B1 = { name: 'b', revision: 12, op: 'create-b' };
const A2 = { name: 'a', revision: 13, op: 'update-a' };

const asked = (id: string, more: Partial<Asked>): Asked => ({
  ...{ id, verb: 'create', name: undefined, base: undefined, answer: undefined },
  ...more,
});

const EVENTS = [11, 12, 13, 14].map((revision) => `{"event":${revision}}\n`);
const BYTES = Buffer.from(EVENTS.join(''));
const END = (nth: number): number => EVENTS.slice(0, nth).join('').length;

const watch = (more: Partial<WatchPiece> = {}): WatchPiece => ({
  ...{ client: 1, from: 10, bytes: BYTES.subarray(0, END(2) + 5), state: 'cut' as const },
  ...{ timeoutMs: undefined, lastedMs: 100 },
  ...more,
});

const HISTORY: readonly Write[] = [
  { ...A1, kind: 'create', before: undefined },
  { ...B1, kind: 'create', before: undefined },
  { ...A2, kind: 'update', before: 11 },
  { name: 'b', revision: 14, op: undefined, kind: 'delete', before: 12 },
];

const ASKED: readonly Asked[] = [
  asked('create-a', { answer: answer(201, { objects: [A1] }) }),
  asked('create-b', {}),
  asked('never', {}),
  asked('update-a', {
    verb: 'update',
    name: 'a',
    base: 11,
    answer: answer(200, { objects: [A2] }),
  }),
  asked('late', { verb: 'update', name: 'a', base: 11, answer: answer(409) }),
  asked('delete-b', { verb: 'delete', name: 'b', base: 12, answer: answer(200) }),
  asked('get-a', { verb: 'get', name: 'a', answer: answer(200, { objects: [A1] }) }),
  asked('list', { verb: 'list', answer: answer(200, { revision: 12, objects: [A1, B1] }) }),
];

const GOOD: World = {
  ...{ start: 10, asked: ASKED, history: HISTORY, content: [A2] },
  lists: { 'the API server': [A2], porthole: [A2] },
  truth: { bytes: BYTES, ends: new Map([11, 12, 13, 14].map((r, nth) => [r, END(nth + 1)])) },
  watches: [
    watch(),
    watch({ from: 12, bytes: BYTES.subarray(END(2)), state: 'open' }),
    watch({ bytes: BYTES.subarray(0, END(1)), state: 'complete', timeoutMs: 1000, lastedMs: 1001 }),
  ],
  had: new Map([...ASKED.map(({ id }) => [id, 1] as const), ['get-a', 2]]),
  recorded: new Map(ASKED.map(({ id }) => [id, 1])),
};

/** The world with another answer to a request. */
const told = (id: string, other: Answer | undefined): World => ({
  ...GOOD,
  asked: ASKED.map((each) => (each.id === id ? { ...each, answer: other } : each)),
});

it('finds nothing in a world where all is well', () => {
  expect(violationsOf(GOOD)).toEqual([]);
});

it.each<[string, World, RegExp]>([
  [
    'an answered write that is not there',
    told('never', answer(201)),
    /never was answered 201, and/,
  ],
  ['a refused write that is there', told('create-b', answer(409)), /create-b was refused with 409/],
  [
    'a create that was done twice',
    {
      ...GOOD,
      history: [...HISTORY, { ...B1, name: 'c', revision: 15, kind: 'create', before: undefined }],
    },
    /create-b was done 2 times/,
  ],
  [
    'a write that nobody asked for',
    { ...GOOD, asked: ASKED.filter(({ id }) => id !== 'create-b') },
    /a create of b that nobody asked for/,
  ],
  [
    'an update of another state than its own',
    { ...GOOD, asked: ASKED.map((each) => (each.id === 'update-a' ? { ...each, base: 9 } : each)) },
    /update-a was of revision 9, and replaced 11/,
  ],
  [
    'a delete that two were told of',
    {
      ...GOOD,
      asked: [
        ...ASKED,
        { ...asked('again', { verb: 'delete', name: 'b', base: 12 }), answer: answer(200) },
      ],
      had: new Map([...GOOD.had, ['again', 1]]),
      recorded: new Map([...(GOOD.recorded ?? []), ['again', 1]]),
    },
    /delete b 12 was answered 2 times/,
  ],
  [
    'a write that was sent twice',
    { ...GOOD, had: new Map([...GOOD.had, ['create-b', 2]]) },
    /create-b was sent 2 times/,
  ],
  [
    'a read that was sent three times',
    { ...GOOD, had: new Map([...GOOD.had, ['get-a', 3]]) },
    /get-a was sent 3 times/,
  ],
  [
    'an answer that the API server never gave',
    { ...GOOD, had: new Map([...GOOD.had, ['list', 0]]) },
    /list was answered, and never sent/,
  ],
  [
    'a request with two records',
    { ...GOOD, recorded: new Map([...(GOOD.recorded ?? []), ['never', 2]]) },
    /never has 2 records/,
  ],
  [
    'a request without a record',
    { ...GOOD, recorded: new Map([...(GOOD.recorded ?? []), ['list', 0]]) },
    /list was answered without a record/,
  ],
  [
    "the answer to somebody else's request",
    told('get-a', answer(200, { objects: [A1], auditID: 'list' })),
    /get-a got the answer to list/,
  ],
  [
    'an object that was not asked for',
    told('get-a', answer(200, { objects: [B1] })),
    /another object/,
  ],
  [
    'an object as it never was',
    told('get-a', answer(200, { objects: [{ ...A1, op: 'late' }] })),
    /get-a got a state that never was/,
  ],
  [
    'a list without one of its objects',
    told('list', answer(200, { revision: 12, objects: [A1] })),
    /list got a list that never was/,
  ],
  ['an end that is none', told('list', answer(200, { broken: true })), /whole, and unreadable/],
  [
    'an answer to a write that is of another object',
    told('create-a', answer(201, { objects: [B1] })),
    /create-a was answered with another object/,
  ],
  ['a list of the proxy that is old', { ...GOOD, lists: { porthole: [A1] } }, /else than porthole/],
  ['content that no writes come to', { ...GOOD, content: [] }, /else than what its writes come to/],
  [
    'a watch that lost an event',
    {
      ...GOOD,
      watches: [
        watch({ bytes: Buffer.concat([BYTES.subarray(0, END(1)), BYTES.subarray(END(2))]) }),
      ],
    },
    /watch of client 1 behind revision 10 differs .* at byte 23$/,
  ],
  [
    'a watch that got an event twice',
    { ...GOOD, watches: [watch({ bytes: Buffer.concat([BYTES.subarray(0, END(1)), BYTES]) })] },
    /differs/,
  ],
  [
    'a watch that ended whole and early',
    { ...GOOD, watches: [watch({ state: 'complete' })] },
    /looked whole after 100 ms/,
  ],
  [
    'a watch that ended whole in an event',
    { ...GOOD, watches: [watch({ state: 'complete', timeoutMs: 50 })] },
    /looked whole in the middle of an event/,
  ],
  [
    'a watch from nowhere',
    { ...GOOD, watches: [watch({ from: 11.5 })] },
    /nothing happened at that revision/,
  ],
  [
    'a judge that has not seen all',
    { ...GOOD, truth: { ...GOOD.truth, ends: new Map([[11, END(1)]]) } },
    /own watch is not what etcd has/,
  ],
])('finds %s', (_, world, violation) => {
  expect(violationsOf(world)).toEqual(expect.arrayContaining([expect.stringMatching(violation)]));
});
