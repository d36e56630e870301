import { expect, it } from 'vitest';
import { FLAGS, HELP, parseOptions } from '../../../bench/options.js';

it('a quick bench has fewer and shorter rounds, and the gate is a quick one', () => {
  expect(parseOptions([])).toMatchObject({ quick: false, rounds: 5, seconds: 3 });
  expect(parseOptions(['--quick'])).toMatchObject({ quick: true, rounds: 3, seconds: 2 });
  expect(parseOptions(['--gate', '--rounds=7'])).toMatchObject({
    quick: true,
    gate: true,
    rounds: 7,
  });
});

it('names stand with ; between them, because one has a comma', () => {
  const { proxies, only, beside } = parseOptions([
    ...['--proxies', 'porthole;porthole, audit', '--only=large'],
    ...['--beside=a', '--beside=b'],
  ]);
  expect({ proxies, only, beside }).toEqual({
    proxies: ['porthole', 'porthole, audit'],
    only: ['large'],
    beside: ['a', 'b'],
  });
});

it.each(['--rounds=0', '--rounds=x', '--seconds=1.5', '--quik'])('%s is refused', (flag) => {
  expect(() => parseOptions([flag])).toThrow(/whole number from 1|Unknown option/);
});

it('the help has every flag', () => {
  expect(Object.keys(FLAGS).filter((name) => !HELP.includes(`  --${name}`))).toEqual([]);
});
