import { describe, expect, it } from 'vitest';
import { PortholeError } from '../../../src/errors.ts';
import {
  parseCodes,
  parseDays,
  parseMegabytes,
  parseMoment,
  parseSize,
} from '../../../src/flags/values.ts';
import { type Invocation, parseArguments } from '../../../src/options.ts';

function read<K extends Invocation['kind']>(kind: K, ...argv: string[]) {
  const invocation = parseArguments(argv);
  if (invocation.kind !== kind) throw new Error(`read as ${invocation.kind}`);
  return (invocation as Extract<Invocation, { kind: K; options: unknown }>).options;
}

function mistakes(...argv: string[]): string[] {
  try {
    parseArguments(argv);
    return [];
  } catch (error) {
    if (!(error instanceof PortholeError)) throw error;
    return error.message.split('\n');
  }
}

describe('what is recorded', () => {
  it('is the access log alone, in a file that grows, unless flags say otherwise', () => {
    expect(read('serve')).toMatchObject({
      logFormat: 'auto',
      logFile: undefined,
      logRotation: { maxBytes: 0, maxBackups: 0, maxAgeMs: 0, compress: false },
      logAll: false,
      audit: undefined,
      har: undefined,
      harBodies: false,
      recordSecrets: false,
      maxBodyBytes: 256 * 1024,
      verbosity: 0,
    });
  });

  it('has the rotation of kube-apiserver for the audit log', () => {
    expect(read('serve', '--audit-log-path=a.log')).toMatchObject({
      audit: {
        path: 'a.log',
        format: 'json',
        policyFile: undefined,
        strict: false,
        rotation: {
          maxBytes: 100 * 1024 * 1024,
          maxBackups: 100,
          maxAgeMs: 366 * 24 * 3_600_000,
          compress: false,
        },
      },
    });
  });

  it('is read from flags in the units of kube-apiserver', () => {
    const argv = ['--audit-log-path=-', '--audit-log-maxsize=1', '--audit-log-maxage=2'];
    const more = ['--audit-log-maxbackup=3', '--audit-log-compress', '--audit-policy-file=p.yaml'];
    expect(read('serve', ...argv, ...more, '--audit-mode=blocking-strict')).toMatchObject({
      audit: {
        path: '-',
        format: 'json',
        policyFile: 'p.yaml',
        strict: true,
        rotation: { maxBytes: 1024 * 1024, maxBackups: 3, maxAgeMs: 172_800_000, compress: true },
      },
    });
  });

  it.each([
    [['--audit-policy-file=p'], '--audit-policy-file without --audit-log-path records nothing'],
    [['--audit-mode=blocking-strict'], '--audit-mode without --audit-log-path records nothing'],
    [['--audit-mode=sometimes'], 'must be batch or blocking-strict'],
    [['--audit-log-format=xml'], 'must be json or legacy'],
    [['--audit-log-maxsize=-1'], 'must be a whole number'],
    [['--audit-max-body=1GB'], 'must be a size of at most 64MiB'],
    [['--har-bodies'], '--har-bodies without --har records nothing; give both'],
    [['--har=a', '--audit-log-path=./a'], '--audit-log-path and --har name the same file'],
    [['--log-file=a', '--audit-log-path=a'], '--log-file and --audit-log-path name the same file'],
    [['trace', '-o', 'a', '--har=a', '--', 'x'], '--har and --output-file name the same file'],
    [['trace', '--summary', '--output=audit', '--', 'x'], 'which --summary leaves out'],
    [['run', '--audit-log-path=-', '--', 'x'], "would mix with the command's output"],
    [['trace'], 'trace needs a command'],
    [['trace', '--output=har', '--', 'x'], '--output=har needs a file: add -o FILE'],
    [['trace', '-o', '-', '--', 'x'], "would mix with the command's output"],
    [['trace', '--output=xml', '--', 'x'], 'must be text, json, har or audit'],
    [['audit'], 'audit needs a file'],
    [['audit', '--code=abc', 'f'], 'must be a status code'],
    [['audit', '--since=yesterday', 'f'], 'must be a time'],
    [['audit', '--code=500-400', 'f'], 'must be a status code'],
    [['audit', '--top=3', '--follow', 'f'], '--top needs the end of the events'],
    [['audit', '--by=client', 'f'], '--by without --top counts nothing; give both'],
    [
      ['audit', '--top=1', '--by=colour', 'f'],
      'must be client, verb, resource, user, code or latency',
    ],
  ])('%j is a mistake', (argv, sentence) => {
    const lines = mistakes(...argv);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(sentence);
  });
});

describe('files of records', () => {
  it.each([
    [['--log-file=/dev/null', '--audit-log-path=/dev/null']],
    [['--log-file=a', '--audit-log-path=b', '--har=a.har']],
    [['trace', '--har-bodies', '--output=har', '-o', 'a.har', '--', 'x']],
  ])('%j do not disturb each other', (argv) => {
    expect(mistakes(...argv)).toEqual([]);
  });
});

describe('the command to trace', () => {
  it('has flags of its own behind its name', () => {
    expect(
      read('trace', 'trace', '-o', 'f', '--summary', 'kubectl', 'get', '-o', 'json'),
    ).toMatchObject({
      outputFile: 'f',
      summaryOnly: true,
      output: 'text',
      command: ['kubectl', 'get', '-o', 'json'],
    });
  });
});

describe('the events to show', () => {
  it('are chosen by conditions that may be repeated', () => {
    const argv = ['--verb=GET', '--verb=list', '-n', '', '--user=a*', '--code=4xx', '-o', 'json'];
    expect(read('audit', 'audit', ...argv, 'one.log', '-')).toMatchObject({
      files: ['one.log', '-'],
      verbs: ['get', 'list'],
      namespaces: [''],
      users: ['a*'],
      codes: ['4xx'],
      since: undefined,
      output: 'json',
      by: 'resource',
      top: undefined,
    });
  });
});

it('the last of several counts, of flags that can not be repeated', () => {
  const argv = ['--top=3', '--top=5', '--since=2026-01-01', '--since=2026-01-02'];
  expect(read('audit', 'audit', ...argv, 'f')).toMatchObject({
    top: 5,
    since: Date.UTC(2026, 0, 2),
  });
});

describe('sizes, ages and moments', () => {
  it.each([
    ['0', 0],
    ['1024', 1024],
    ['256KiB', 262_144],
    ['256Ki', 262_144],
    ['1mib', 1_048_576],
    ['500kB', 500_000],
    ['2M', 2_000_000],
  ])('%s is %i bytes', (text, size) => {
    expect(parseSize(text)).toBe(size);
  });

  it.each(['', '-1', '1.5MiB', '65MiB', '1 KiB', 'KiB', '1T', '1i'])('%j is no size', (text) => {
    expect(() => parseSize(text)).toThrow('must be a size');
  });

  it('counts megabytes and days as lumberjack does', () => {
    expect(parseMegabytes('100')).toBe(104_857_600);
    expect(parseDays('1')).toBe(86_400_000);
  });

  it.each([
    ['2026-11-22T13:05:00Z', Date.UTC(2026, 10, 22, 13, 5)],
    ['2026-11-22T13:05:00.5+01:00', Date.UTC(2026, 10, 22, 12, 5, 0, 500)],
    ['2026-11-22', Date.UTC(2026, 10, 22)],
    ['90m', 1_000_000_000_000 - 5_400_000],
    ['2400h', 1_000_000_000_000 - 8_640_000_000],
    ['0', 1_000_000_000_000],
  ])('%s is a moment', (text, moment) => {
    expect(parseMoment(text, 1_000_000_000_000)).toBe(moment);
  });

  it.each(['', 'now', '2026-13-01', '2026-11-22T25:00:00Z', '5', '22.11.2026'])(
    '%j is none',
    (text) => {
      expect(() => parseMoment(text, 0)).toThrow('must be a time');
    },
  );

  it.each(['404', '4xx', '400-499', '100', '599'])('%s are status codes', (text) => {
    expect(parseCodes(text)).toBe(text);
  });

  it.each(['', '40', '4x', '600', '0xx', '4xx-5xx', '404-', '404,405'])('%j are none', (text) => {
    expect(() => parseCodes(text)).toThrow('must be a status code');
  });
});
