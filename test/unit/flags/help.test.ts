import { describe, expect, it } from 'vitest';
import { helpText } from '../../../src/flags/help.ts';
import { flagsOf, flagTitle } from '../../../src/flags/table.ts';
import { parseArguments } from '../../../src/options.ts';

function printed(...argv: string[]): string {
  const invocation = parseArguments(argv);
  if (invocation.kind !== 'help') throw new Error(`not help but ${invocation.kind}`);
  return helpText(invocation.command, 'porthole');
}

describe('help', () => {
  it.each(['serve', 'demo', 'kubeconfig', 'run', 'doctor', 'completion'] as const)(
    'shows every flag of %s with its default',
    (command) => {
      const text = printed(command === 'serve' ? 'proxy' : command, '--help').replace(/\s+/g, ' ');
      for (const flag of flagsOf(command)) {
        expect(text).toContain(` ${flagTitle(flag)} `);
        if (flag.takes !== undefined) expect(text).toContain(` --${flag.long} <${flag.takes}> `);
        if (flag.default !== undefined && flag.default !== 'false')
          expect(text).toContain(`(default: ${flag.default})`);
      }
    },
  );

  it('fits 100 columns, has its groups in order, and ends with examples', () => {
    const lines = printed('--help').split('\n');
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(100);
    expect(lines.filter((line) => /^\w.*:$/.test(line))).toEqual([
      'Serving:',
      'Filters:',
      'Limits:',
      'Locked door:',
      'Kubeconfig:',
      'Log:',
      'Audit log and HTTP archive:',
      'Other:',
      'Accepted as by kubectl, without effect:',
      'Examples:',
    ]);
    expect(lines.at(-1)).toBe('');
  });

  it.each([
    [['-h']],
    [['proxy', '-h']],
    [['help']],
    [['help', 'proxy']],
    [['help', 'help']],
    [['--help', '--bogus']],
  ])('is printed for %j', (argv) => {
    expect(printed(...argv)).toBe(printed('--help'));
  });

  it.each([[['demo', '-h']], [['-h', 'demo']], [['help', 'demo']]])(
    'is that of demo for %j',
    (argv) => {
      expect(printed(...argv)).toMatch(/^Usage: porthole demo \[flags\]\n/);
    },
  );

  it('names the program as the user typed it', () => {
    const plugin = helpText('serve', 'kubectl porthole');
    expect(plugin).toMatch(/^Usage: kubectl porthole \[proxy\] \[flags\]\n/);
    expect(plugin).toContain('\n  kubectl porthole --context=staging --port=0\n');
  });

  it.each([
    ['proxy', 4],
    ['demo', 2],
    ['kubeconfig', 2],
    ['run', 2],
    ['doctor', 2],
    ['completion', 1],
  ])('of %s has examples that parse', (command, atLeast) => {
    const [, examples = ''] = printed(command, '--help').split('Examples:\n');
    const commands = examples.split('\n').filter((line) => line.startsWith('  porthole'));
    expect(commands.length).toBeGreaterThanOrEqual(atLeast);
    for (const line of commands) {
      const argv = line.trim().replaceAll("'", '').split(' ').slice(1);
      expect(parseArguments(argv).kind, line).not.toBe('help');
    }
  });

  it('is not printed for --help=false', () => {
    expect(parseArguments(['--help=false']).kind).toBe('serve');
  });
});
