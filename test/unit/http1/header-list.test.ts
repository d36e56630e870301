import { describe, expect, it } from 'vitest';
import { HeaderList } from '../../../src/http1/header-list.ts';

const LIST = HeaderList.of('Via', 'a', 'X-B', '', 'vIA', 'b, c', '__proto__', 'p');

describe('a header list', () => {
  it('keeps names and values as they were sent', () => {
    expect(LIST).toHaveLength(4);
    expect(LIST.names).toEqual(['Via', 'X-B', 'vIA', '__proto__']);
    expect(LIST.values).toEqual(['a', '', 'b, c', 'p']);
  });

  it('finds fields by lower-case name, each line on its own', () => {
    expect(LIST.get('via')).toBe('a');
    expect(LIST.getAll('via')).toEqual(['a', 'b, c']);
    expect(LIST.count('via')).toBe(2);
    expect(LIST.get('x-b')).toBe('');
    expect(LIST.has('x-b')).toBe(true);
  });

  it.each(['date', 'constructor', 'tostring', 'length'])('has no field %s', (key) => {
    expect(LIST.has(key)).toBe(false);
    expect(LIST.get(key)).toBeUndefined();
    expect(LIST.getAll(key)).toEqual([]);
    expect(LIST.count(key)).toBe(0);
  });

  it('is empty when nothing was appended', () => {
    expect(new HeaderList()).toHaveLength(0);
  });

  it.each([
    [['a'], ['a']],
    [['a, B'], ['a', 'b']],
    [[',a ,,\tb\t, '], ['a', 'b']],
    [
      ['a', 'b,c'],
      ['a', 'b', 'c'],
    ],
    [['', ' '], []],
    // White space in a list is space and tab (RFC 9110 section 5.6.1): others may read a no-break space as a letter.
    [
      ['close\xa0', '\xa0x'],
      ['close\xa0', '\xa0x'],
    ],
  ])('splits %j into the members %j', (values, members) => {
    const list = HeaderList.of(...values.flatMap((value) => ['Connection', value]));
    expect(list.listOf('connection')).toEqual(members);
  });
});
