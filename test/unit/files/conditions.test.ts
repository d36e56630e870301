import { describe, expect, it } from 'vitest';
import { judge, rangeOf } from '../../../src/files/conditions.ts';
import { HeaderList } from '../../../src/http1/header-list.ts';

const NOW = 'Sun, 06 Nov 1994 08:49:37 GMT';
const BEFORE = 'Sun, 06 Nov 1994 08:49:36 GMT';
const AFTER = 'Sun, 06 Nov 1994 08:49:38 GMT';
const file = { etag: '"abc"', modified: Date.parse(NOW) };
const fileOfUnknownAge = { etag: '"abc"', modified: undefined };

describe('preconditions, in the order of RFC 9110 section 13.2.2', () => {
  it.each<[expected: number, ...headers: string[]]>([
    [200],
    [200, 'If-Match', '"abc"'],
    [200, 'If-Match', '"x", "abc"'],
    [200, 'If-Match', '"x"', 'If-Match', '"abc"'],
    [200, 'If-Match', '"a,b","abc"'],
    [200, 'If-Match', '*'],
    [200, 'If-Match', ''],
    [412, 'If-Match', '"x"'],
    [412, 'If-Match', 'W/"abc"'],
    [412, 'If-Match', 'abc'],
    [412, 'If-Match', '"abc'],
    [200, 'If-Unmodified-Since', NOW],
    [200, 'If-Unmodified-Since', AFTER],
    [412, 'If-Unmodified-Since', BEFORE],
    [200, 'If-Unmodified-Since', 'yesterday'],
    [200, 'If-Unmodified-Since', BEFORE, 'If-Unmodified-Since', BEFORE],
    // If-Match goes before If-Unmodified-Since.
    [200, 'If-Match', '"abc"', 'If-Unmodified-Since', BEFORE],
    [412, 'If-Match', '"x"', 'If-Unmodified-Since', AFTER],
    [304, 'If-None-Match', '"abc"'],
    [304, 'If-None-Match', 'W/"abc"'],
    [304, 'If-None-Match', 'W/"x", W/"abc"'],
    [304, 'If-None-Match', '"x"', 'If-None-Match', '"abc"'],
    [304, 'If-None-Match', '*'],
    [200, 'If-None-Match', '"x"'],
    [200, 'If-None-Match', '"xW/abc"'],
    [304, 'If-Modified-Since', NOW],
    [304, 'If-Modified-Since', AFTER],
    [200, 'If-Modified-Since', BEFORE],
    [200, 'If-Modified-Since', 'tomorrow'],
    // If-None-Match goes before If-Modified-Since.
    [200, 'If-None-Match', '"x"', 'If-Modified-Since', AFTER],
    [304, 'If-None-Match', '"abc"', 'If-Modified-Since', BEFORE],
    // What was to be a condition of changing goes before what saves a transfer.
    [412, 'If-Match', '"x"', 'If-None-Match', '"abc"'],
    [412, 'If-Unmodified-Since', BEFORE, 'If-None-Match', '"abc"'],
    [304, 'If-Match', '"abc"', 'If-None-Match', '"abc"'],
  ])('%i for %s %s %s %s', (expected, ...headers) => {
    expect(judge(HeaderList.of(...headers), file)).toBe(expected);
  });

  it.each(['If-Modified-Since', 'If-Unmodified-Since'])(
    '%s says nothing of a file whose age is not known',
    (name) => {
      expect(judge(HeaderList.of(name, BEFORE), fileOfUnknownAge)).toBe(200);
      expect(judge(HeaderList.of(name, AFTER), fileOfUnknownAge)).toBe(200);
    },
  );
});

const SIZE = 1000;

describe('a range', () => {
  it.each<[set: string, start: number, length: number]>([
    ['bytes=0-0', 0, 1],
    ['bytes=0-', 0, 1000],
    ['bytes=1-9', 1, 9],
    ['BYTES=1-9', 1, 9],
    ['bytes= 1-9 ,', 1, 9],
    ['bytes=999-', 999, 1],
    ['bytes=990-2000', 990, 10],
    ['bytes=0-99999999999999999999999', 0, 1000],
    ['bytes=-1', 999, 1],
    ['bytes=-5000', 0, 1000],
  ])('%s starts at %i and has %i bytes', (set, start, length) => {
    expect(rangeOf(HeaderList.of('Range', set), file, SIZE)).toEqual({ start, length });
  });

  it.each([
    'bytes=1000-',
    'bytes=1000-2000',
    'bytes=99999999999999999999999-',
    'bytes=-0',
    'bytes=5-2',
    'bytes=-',
    'bytes=a-b',
    'bytes=1',
    'bytes=0x1-2',
    'bytes=1-2-3',
  ])('%s is not there', (set) => {
    expect(rangeOf(HeaderList.of('Range', set), file, SIZE)).toBe('unsatisfiable');
  });

  it.each(['bytes=0-1,3-4', 'items=0-1', 'bytes', 'bytes=', '', 'bytes =0-1'])(
    '"%s" is the whole file',
    (set) => {
      expect(rangeOf(HeaderList.of('Range', set), file, SIZE)).toBe('whole');
    },
  );

  it('of an empty file is all of it', () => {
    expect(rangeOf(HeaderList.of('Range', 'bytes=0-99'), file, 0)).toBe('whole');
  });

  it('that stands twice is the whole file', () => {
    const headers = HeaderList.of('Range', 'bytes=0-1', 'Range', 'bytes=3-4');
    expect(rangeOf(headers, file, SIZE)).toBe('whole');
  });
});

describe('If-Range', () => {
  const range = (ifRange: string, validators: Parameters<typeof rangeOf>[1] = file) =>
    rangeOf(HeaderList.of('Range', 'bytes=0-1', 'If-Range', ifRange), validators, SIZE);

  it.each(['"abc"', NOW])('%s lets the range stand', (value) => {
    expect(range(value)).toEqual({ start: 0, length: 2 });
  });

  it.each(['"x"', 'W/"abc"', '"abc", "x"', BEFORE, AFTER, 'abc', '*'])(
    '%s makes it the whole file',
    (value) => {
      expect(range(value)).toBe('whole');
    },
  );

  it('by date is never true of a file whose age is not known', () => {
    expect(range(NOW, fileOfUnknownAge)).toBe('whole');
  });
});
