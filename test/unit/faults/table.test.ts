import { expect, it } from 'vitest';
import type { Finding } from '../../support/faults/sight.ts';
import { cellOf, markdownOf, type Played, textOf } from '../../support/faults/table.ts';

const played = (variant: string, finding: Finding): Played => ({ variant, finding });

it('counts what was seen, names the kinds of a part, adds up, and keeps the longest time', () => {
  const plays = [
    played('cut', { saw: { '': 'cut, seen', next: 'right' }, counts: { cut: [0, 10] } }),
    played('cut', { saw: { '': 'cut, seen', next: 'right' }, counts: { cut: [1, 10] } }),
    played('swap', { saw: { '': 'nothing', next: 'right' }, ms: { after: 4 } }),
    played('reset', { saw: { '': 'cut, seen' }, ms: { after: 12.3 } }),
  ];
  expect(cellOf(plays)).toBe(
    '3 of 4 cut, seen (cut, reset), 1 of 4 nothing (swap); next: 3 of 3 right; cut: 1 of 20; after: 13 ms at most',
  );
});

it('names no kind where all kinds were seen so, or there is only one', () => {
  const plays = [played('', { saw: { '': 'open' } }), played('', { saw: { '': 'cut' } })];
  expect(cellOf(plays)).toBe('1 of 2 open, 1 of 2 cut');
  expect(cellOf([])).toBe('');
});

it('has a column, or a line, for each proxy', () => {
  const seen = { one: [played('', { saw: { '': 'open' } })] };
  const lines = [{ fault: 'a fault', promised: 'nothing', seen }];
  expect(markdownOf(lines, ['one', 'other'])).toBe(
    [
      '| fault | promised | one | other |',
      '| --- | --- | --- | --- |',
      '| a fault | nothing | 1 of 1 open |  |',
    ].join('\n'),
  );
  expect(textOf(lines, ['one'])).toBe(
    ['a fault', '  promised  nothing', '  one       1 of 1 open'].join('\n'),
  );
});
