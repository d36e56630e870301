/** What do the flags add up to that bound what clients may take? */
import { PortholeError } from '../errors.ts';
import type { LimitOptions } from '../options.ts';
import { type FlagValues, parseCount, parseDuration, parseSize } from './values.ts';

const LEAST_HEAD = 1024;
/** As much as Go's server takes, which the API server is: more would not get further. */
const MOST_HEAD = 1024 * 1024;

export function readLimits(values: FlagValues): LimitOptions {
  return {
    limits: {
      connections: values.one('max-connections', orNone(parseCount)),
      headBytes: values.one('max-header-bytes', parseHeadBytes),
      headerLines: values.one('max-headers', parseHeaderLines),
    },
    deadlines: {
      head: values.one('read-header-timeout', orNone(parseDuration)),
      idle: values.one('idle-timeout', orNone(parseDuration)),
    },
  };
}

/** 0 is no limit. */
function orNone(parse: (text: string) => number): (text: string) => number {
  return (text) => parse(text) || Number.POSITIVE_INFINITY;
}

function parseHeadBytes(text: string): number {
  const bytes = parseSize(text);
  if (bytes >= LEAST_HEAD && bytes <= MOST_HEAD) return bytes;
  throw new PortholeError('ERR_USAGE', 'must be a size from 1KiB to 1MiB');
}

function parseHeaderLines(text: string): number {
  return parseCount(text) || refuse('must be at least 1: every request has a Host');
}

function refuse(reason: string): never {
  throw new PortholeError('ERR_USAGE', reason);
}
