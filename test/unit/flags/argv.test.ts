import { describe, expect, it } from 'vitest';
import { nearest, normalise } from '../../../src/flags/argv.ts';
import { FLAGS } from '../../../src/flags/table.ts';

describe('normalise reads flags as pflag does', () => {
  it.each<[argv: string[], words: string[]]>([
    [['-p=0'], ['--port=0']],
    [['-p0'], ['--port=0']],
    [['-p', '0'], ['--port=0']],
    [['--port=0'], ['--port=0']],
    [['--port', '0'], ['--port=0']],
    [['-v6'], ['--v=6']],
    [['-v=6'], ['--v=6']],
    [['--v=6'], ['--v=6']],
    [['--disable-filter'], ['--disable-filter=true']],
    [['--disable-filter=false'], ['--disable-filter=false']],
    [['--disable_filter=F'], ['--disable-filter=F']],
    [['--accept_paths', '^/api_v1'], ['--accept-paths=^/api_v1']],
    [
      ['-h', '-p=1'],
      ['--help=true', '--port=1'],
    ],
    [
      ['-hp', '1'],
      ['--help=true', '--port=1'],
    ],
    [['-hp1'], ['--help=true', '--port=1']],
    [['-h=false'], ['--help=false']],
    [['-nkube-system'], ['--namespace=kube-system']],
    [['-n=a=b'], ['--namespace=a=b']],
    [['--as-user-extra=k=v=w'], ['--as-user-extra=k=v=w']],
    [['--token='], ['--token=']],
    [['--token', ''], ['--token=']],
    [['-n='], ['--namespace=']],
    [['--reject-paths=-x'], ['--reject-paths=-x']],
    [['--reject-paths', '--x'], ['--reject-paths=--x']],
    [
      ['--as', '--', '-p0'],
      ['--as=--', '--port=0'],
    ],
    [
      ['--port=1', '--port=2'],
      ['--port=1', '--port=2'],
    ],
  ])('%j', (argv, words) => {
    expect(normalise(argv, FLAGS)).toEqual({ words, operands: [], errors: [] });
  });

  it.each<[argv: string[], words: string[], operands: string[]]>([
    [['demo', '-p0'], ['--port=0'], ['demo']],
    [['-p0', 'demo'], ['--port=0'], ['demo']],
    [['-p', '0', 'demo', 'x'], ['--port=0'], ['demo', 'x']],
    [['--disable-filter', 'false'], ['--disable-filter=true'], ['false']],
    [['-'], [], ['-']],
    [[''], [], ['']],
    [['-p0', '--', '-p1', '--', '--bogus'], ['--port=0'], ['-p1', '--', '--bogus']],
    [['--'], [], []],
  ])('%j, with operands', (argv, words, operands) => {
    expect(normalise(argv, FLAGS)).toEqual({ words, operands, errors: [] });
  });
});

describe('normalise names every mistake', () => {
  it.each<[argv: string[], errors: string[]]>([
    [['--port'], ['flag needs an argument: --port']],
    [['--as_group'], ['flag needs an argument: --as_group']],
    [['-p'], ["flag needs an argument: 'p' in -p"]],
    [['-hp'], ["flag needs an argument: 'p' in -hp"]],
    [['--prot=1'], ['unknown flag: --prot (did you mean --port?)']],
    [['--accept_host=x'], ['unknown flag: --accept_host (did you mean --accept-hosts?)']],
    [['--bogus'], ['unknown flag: --bogus']],
    [['--constructor'], ['unknown flag: --constructor']],
    [['-z'], ["unknown shorthand flag: 'z' in -z"]],
    [['-hz1'], ["unknown shorthand flag: 'z' in -hz"]],
    [['-='], ["unknown shorthand flag: '=' in -="]],
    [['-port=1'], ['unknown flag: -port (did you mean --port?)']],
    [['-as_group=x'], ['unknown flag: -as_group (did you mean --as-group?)']],
    [['---port'], ['bad flag syntax: ---port']],
    [['--=x'], ['bad flag syntax: --=']],
    [
      ['--bogus', '-z', '--port'],
      [
        'unknown flag: --bogus',
        "unknown shorthand flag: 'z' in -z",
        'flag needs an argument: --port',
      ],
    ],
  ])('%j', (argv, errors) => {
    expect(normalise(argv, FLAGS).errors).toEqual(errors);
  });

  it('reads the rest as if the mistake was not there', () => {
    const { words, operands } = normalise(['--bogus', 'value', '-p0', '-z=1', 'demo'], FLAGS);
    expect({ words, operands }).toEqual({ words: ['--port=0'], operands: ['demo'] });
  });

  it('takes the word after an unknown flag for its value, unless that is a flag or stands behind =', () => {
    expect(normalise(['--bogus', 'x'], FLAGS).operands).toEqual([]);
    expect(normalise(['--bogus=1', 'x'], FLAGS).operands).toEqual(['x']);
    expect(normalise(['--bogus', '-p0'], FLAGS).words).toEqual(['--port=0']);
    expect(normalise(['--bogus', '--', 'x'], FLAGS).operands).toEqual(['x']);
  });
});

describe('nearest', () => {
  const candidates = ['port', 'password', 'as', 'as-uid', 'server', 'token'];
  it.each<[word: string, near: string | undefined]>([
    ['prot', 'port'],
    ['prt', 'port'],
    ['ports', 'port'],
    ['pasword', 'password'],
    ['passwrod', 'password'],
    ['as-udi', 'as-uid'],
    ['tokne', 'token'],
    ['a', 'as'],
    ['www', undefined],
    ['unix-socket', undefined],
    ['', undefined],
  ])('%j is %j', (word, near) => {
    expect(nearest(word, candidates)).toBe(near);
  });

  it('prefers the nearer candidate to the earlier one', () => {
    expect(nearest('client-keys', ['client-keyXY', 'client-key'])).toBe('client-key');
  });
});
