import { describe, expect, it } from 'vitest';
import { PortholeError } from '../../../src/errors.ts';
import { type LimitOptions, parseArguments } from '../../../src/options.ts';
import { DEADLINES } from '../../../src/server/deadlines.ts';
import { LIMITS } from '../../../src/server/limits.ts';

const NONE = Number.POSITIVE_INFINITY;

function limitsOf(...argv: string[]): LimitOptions {
  const invocation = parseArguments(argv);
  if (invocation.kind !== 'serve') throw new Error(`not serve but ${invocation.kind}`);
  const { limits, deadlines } = invocation.options;
  return { limits, deadlines };
}

describe('limits', () => {
  it('have as flags the defaults that they have without', () => {
    const { head, idle } = DEADLINES;
    expect(limitsOf()).toEqual({ limits: LIMITS, deadlines: { head, idle } });
  });

  it.each<[flag: string, limits: object, deadlines: object]>([
    ['--max-connections=10', { connections: 10 }, {}],
    ['--max-connections=0', { connections: NONE }, {}],
    ['--max-header-bytes=1MiB', { headBytes: 1_048_576 }, {}],
    ['--max-header-bytes=8192', { headBytes: 8_192 }, {}],
    ['--max-headers=1', { headerLines: 1 }, {}],
    ['--read-header-timeout=1m', {}, { head: 60_000 }],
    ['--read-header-timeout=0', {}, { head: NONE }],
    ['--idle-timeout=0s', {}, { idle: NONE }],
  ])('%s', (flag, limits, deadlines) => {
    const usual = limitsOf();
    expect(limitsOf(flag)).toEqual({
      limits: { ...usual.limits, ...limits },
      deadlines: { ...usual.deadlines, ...deadlines },
    });
  });

  it.each([
    ['--max-connections=-1', 'must be a whole number'],
    ['--max-header-bytes=1023', 'must be a size from 1KiB to 1MiB'],
    ['--max-header-bytes=2MiB', 'must be a size from 1KiB to 1MiB'],
    ['--max-headers=0', 'must be at least 1'],
    ['--idle-timeout=5', 'missing unit'],
  ])('%s is a mistake', (flag, why) => {
    expect(() => limitsOf(flag)).toThrow(PortholeError);
    expect(() => limitsOf(flag)).toThrow(why);
  });
});
