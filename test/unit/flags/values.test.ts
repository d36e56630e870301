import { describe, expect, it } from 'vitest';
import {
  LOG_FORMATS,
  parseAddress,
  parseBool,
  parseDuration,
  parseLevel,
  parsePort,
  parseTimeout,
  parseWord,
} from '../../../src/flags/values.ts';

describe('parseBool', () => {
  it('takes the words of strconv.ParseBool and no others', () => {
    for (const text of ['1', 't', 'T', 'true', 'True', 'TRUE']) expect(parseBool(text)).toBe(true);
    for (const text of ['0', 'f', 'F', 'false', 'False', 'FALSE'])
      expect(parseBool(text)).toBe(false);
    for (const text of ['', 'yes', 'no', 'on', 'tRUE', '2', ' true'])
      expect(() => parseBool(text), text).toThrow('must be true or false');
  });
});

describe('numbers', () => {
  it('takes ports from 0 to 65535', () => {
    expect(['0', '8001', '65535'].map(parsePort)).toEqual([0, 8001, 65535]);
    expect(parseLevel('99')).toBe(99);
  });

  it.each([
    '65536',
    '-1',
    '+1',
    '',
    ' 1',
    '1 ',
    '1.5',
    '1e3',
    '0x10',
    '010',
    '1_0',
    'x',
    '9'.repeat(30),
  ])('refuses the port %j', (text) => {
    expect(() => parsePort(text)).toThrow('must be a whole number from 0 to 65535');
  });
});

describe('parseAddress', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['::1', '::1'],
    ['[::1]', '::1'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['localhost', 'localhost'],
    ['a-b.example.com', 'a-b.example.com'],
    ['my_host', 'my_host'],
    ['A.example', 'A.example'],
    ['10.example', '10.example'],
  ])('takes %j as %j', (text, address) => {
    expect(parseAddress(text)).toBe(address);
  });

  it.each([
    '',
    ':8001',
    '127.0.0.1:8001',
    '[::1]:8001',
    '[127.0.0.1]',
    '[localhost]',
    '256.1.1.1',
    '127.1',
    '1',
    'http://localhost',
    'a b',
    '-a',
    'a-',
    'a..b',
    '::g',
    '[::1',
    `${'a'.repeat(64)}.b`,
    'localhost\n',
  ])('refuses %j', (text) => {
    expect(() => parseAddress(text)).toThrow('must be an IP address or a host name');
  });
});

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['0s', 0],
    ['-0s', 0],
    ['300ms', 300],
    ['10s', 10_000],
    ['+10s', 10_000],
    ['1m', 60_000],
    ['1h2m3.5s', 3_723_500],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['1.s', 1000],
    ['2.3s', 2300],
    ['0.07m', 4200],
    ['1s1s', 2000],
    ['1500us', 2],
    ['1\u00b5s', 1],
    ['1\u03bcs', 1],
    ['1ns', 1],
    ['10000h', 2_147_483_647],
  ])('reads %j as %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    ['5', 'missing unit in duration "5"'],
    ['1m5', 'missing unit in duration "1m5"'],
    ['1.5.5s', 'missing unit in duration "1.5.5s"'],
    ['', 'invalid duration ""'],
    ['-', 'invalid duration "-"'],
    ['x', 'invalid duration "x"'],
    ['.s', 'invalid duration ".s"'],
    ['.', 'invalid duration "."'],
    ['--1s', 'invalid duration "--1s"'],
    ['1d', 'unknown unit "d" in duration "1d"'],
    ['1S', 'unknown unit "S" in duration "1S"'],
    ['1s 2m', 'unknown unit "s " in duration "1s 2m"'],
    ['-1s', 'must not be negative'],
  ])('refuses %j: %s', (text, message) => {
    expect(() => parseDuration(text)).toThrow(message);
  });
});

describe('parseTimeout', () => {
  it.each([
    ['0', 0],
    ['30', 30_000],
    ['2m', 120_000],
    ['1h30m', 5_400_000],
    ['99999999999', 2_147_483_647],
  ])('reads %j as %d ms', (text, ms) => {
    expect(parseTimeout(text)).toBe(ms);
  });

  it.each(['x', '', '5x', '-1', '-1s', '1.5'])('refuses %j in the words of client-go', (text) => {
    expect(() => parseTimeout(text)).toThrow(
      'Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)',
    );
  });
});

describe('parseWord', () => {
  const parseLogFormat = parseWord(LOG_FORMATS);

  it('takes the words that there are', () => {
    for (const text of LOG_FORMATS) expect(parseLogFormat(text)).toBe(text);
    expect(() => parseLogFormat('JSON')).toThrow('must be auto, pretty, json, combined or off');
  });
});
