// The script for bash in a real bash: keys go in, and the words of the line that readline made of them come out.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { completionScript } from '../../src/commands/completion.ts';
import { emptyFolder } from '../support/cli.ts';
import { run } from '../support/process.ts';

const BIN = fileURLToPath(new URL('../../bin/porthole.js', import.meta.url));

const CONTEXTS = [
  'staging',
  'my cluster',
  'eu $(touch pwned)',
  'arn:aws:eks:eu-west-1:1:cluster/blue',
  'arn:aws:eks:eu-west-1:1:cluster/green',
  'kubernetes-admin@kubernetes',
];

/** A folder with a kubeconfig and some files, and with `porthole` and `kubectl_complete-porthole` in its bin. */
function home(): string {
  const folder = emptyFolder();
  for (const name of ['.kube', 'bin', 'site', 'my pages']) mkdirSync(join(folder, name));
  for (const name of ['site.txt', 'a file']) writeFileSync(join(folder, name), '');
  const contexts = CONTEXTS.map((name) => ({ name, context: { cluster: 'c', user: 'u' } }));
  writeFileSync(join(folder, '.kube/config'), JSON.stringify({ contexts }));
  for (const name of ['porthole', 'kubectl_complete-porthole']) {
    symlinkSync(BIN, join(folder, 'bin', name));
  }
  return folder;
}

function environment(folder: string): NodeJS.ProcessEnv {
  return {
    PATH: [join(folder, 'bin'), process.env['PATH'], dirname(process.execPath)].join(delimiter),
    HOME: folder,
    INPUTRC: '/dev/null',
    HISTFILE: '/dev/null',
    TERM: 'dumb',
  };
}

/** What each line becomes, as the words that the command would get, when its tabs are pressed. */
async function typed(lines: readonly string[], settings = ''): Promise<string[][]> {
  const folder = home();
  writeFileSync(join(folder, 'script'), completionScript('bash', 'porthole'));
  // The program itself has to answer; a function stands in for it when the line is run.
  const show =
    'show() { printf "%s\\n" "$@" __end__ >> shown; }; complete -o default -F __porthole_complete show';
  const input = [settings, '. ./script', show, ...lines, 'exit', ''].join('\n');
  await run('bash', ['--noprofile', '--norc', '-i'], {
    cwd: folder,
    env: environment(folder),
    input,
  });
  const shown = readFileSync(join(folder, 'shown'), 'utf8').split('__end__\n').slice(0, -1);
  return shown.map((words) => words.split('\n').slice(0, -1));
}

const ROWS: readonly (readonly [keys: string, words: readonly string[]])[] = [
  ['do\t', ['doctor']],
  ['--conte\t', ['--context']],
  ['--context st\t', ['--context', 'staging']],
  ['--context=st\t', ['--context=staging']],
  ['--context my\\ c\t', ['--context', 'my cluster']],
  ['--context "my c\t', ['--context', 'my cluster']],
  ["--context='my c\t", ['--context=my cluster']],
  ['--context eu\t', ['--context', 'eu $(touch pwned)']],
  ['--context "eu\t"', ['--context', 'eu']],
  [
    '--context arn:aws:eks:eu-west-1:1:cluster/b\t',
    ['--context', 'arn:aws:eks:eu-west-1:1:cluster/blue'],
  ],
  ['--context=arn:\t', ['--context=arn:aws:eks:eu-west-1:1:cluster/']],
  ['--context kubernetes-admin@\t', ['--context', 'kubernetes-admin@kubernetes']],
  ['--context "" --log-format j\t', ['--context', '', '--log-format', 'json']],
  ['--www si\t', ['--www', 'site/']],
  ['--www=my\t', ['--www=my pages/']],
  ['--kubeconfig=a\t', ['--kubeconfig=a file']],
  ['run -- a\t', ['run', '--', 'a file']],
  ['--port a\t', ['--port', 'a']],
];

/** Bash 3.2 cannot keep the shell from offering files, nor ask for directories alone. */
const withCompopt = async () => (await run('bash', ['-c', 'type -t compopt'])).code === 0;

describe('in bash', () => {
  it('lines are completed', async () => {
    const full = await withCompopt();
    const rows = ROWS.filter(([keys]) => full || !/^--(?:www si|port)/.test(keys));
    const shown = await typed(rows.map(([keys]) => `show ${keys}`));
    expect(shown).toEqual(rows.map(([, words]) => words));
  });

  it('words that the user lets = : and @ stand in are completed too', async () => {
    const rows = ROWS.filter(([keys]) => keys.startsWith('--context'));
    const shown = await typed(
      rows.map(([keys]) => `show ${keys}`),
      `set -u; COMP_WORDBREAKS=\${COMP_WORDBREAKS//[=:@]/}`,
    );
    expect(shown).toEqual(rows.map(([, words]) => words));
  });

  it('what stands on the line is run once, and not by Tab', async () => {
    const shown = await typed(['show "$(echo x >> ran)" --context st\t', 'show "$(cat ran)"']);
    expect(shown).toEqual([['', '--context', 'staging'], ['x']]);
  });
});

describe('the program answers', () => {
  it.each([
    ['porthole', ['__complete', '--context', 'st']],
    ['kubectl_complete-porthole', ['--context', 'st']],
  ])('as %s', async (name, args) => {
    const folder = home();
    const { code, stdout, stderr } = await run(join(folder, 'bin', name), args, {
      cwd: folder,
      env: environment(folder),
    });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'staging\n:4\n', stderr: '' });
  });

  it('with the script', async () => {
    const folder = home();
    const { code, stdout } = await run(join(folder, 'bin/porthole'), ['completion', 'bash'], {
      env: environment(folder),
    });
    expect({ code, stdout }).toEqual({ code: 0, stdout: completionScript('bash', 'porthole') });
  });
});
