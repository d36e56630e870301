import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inTurns } from '../../../src/commands/turns.ts';
import {
  crashing,
  endless,
  good,
  HANGING,
  isGone,
  type Plugin,
  slow,
  writePlugin,
} from '../../support/plugin.ts';
import { failureOf, source } from './exec-support.ts';

/** The process whose id a plugin notes, as soon as it has; killed with the test, whatever becomes of it. */
async function noted(plugin: Plugin, name: string): Promise<number> {
  while (plugin.wrote(name) === '') await new Promise((resolve) => setTimeout(resolve, 5));
  const pid = Number(plugin.wrote(name));
  onTestFinished(() => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It is gone, as it should be.
    }
  });
  return pid;
}

describe('a plugin that hangs', () => {
  it('is killed at its deadline, with its children, and nobody waits for what they hold', async () => {
    const plugin = writePlugin(`echo $$ >"$0.pid"\necho 'waiting for a login' >&2\n${HANGING}`);
    let message = '';
    // On a machine that is busy, the first deadlines may come before the child.
    for (let ms = 250; !message.includes('login') || plugin.wrote('child') === ''; ms *= 4) {
      const error = await failureOf(
        source(plugin.command, { surroundings: { timeoutMs: ms } }).obtain(),
      );
      message = error.message;
      expect(error).toMatchObject({ code: 'ERR_CREDENTIALS_TIMEOUT' });
      expect(message).toContain(`did not finish within ${ms / 1000} s`);
    }
    expect(message).toContain('its last words: "waiting for a login"');
    await isGone(await noted(plugin, 'pid'));
    await isGone(await noted(plugin, 'child'));
  });

  it('is killed by close(), with its children', async () => {
    const plugin = writePlugin(HANGING);
    const { source: made, obtain } = source(plugin.command, { surroundings: { timeoutMs: 0 } });
    const attempt = failureOf(obtain());
    const child = await noted(plugin, 'child');
    made.close();
    expect(await attempt).toMatchObject({ code: 'ERR_CREDENTIALS' });
    await isGone(child);
  });

  it('has no deadline when it talks to somebody, and is asked to end by close()', async () => {
    const script = `trap 'echo asked >"$0.end"; exit 1' TERM\necho $$ >"$0.pid"\n`;
    const plugin = writePlugin(`${script}${slow(good('typed'))}`);
    const interactive = {
      config: { interactiveMode: 'IfAvailable' },
      surroundings: { stdinIsTTY: true, timeoutMs: 1 },
    } as const;
    const answered = source(plugin.command, interactive).obtain();
    await noted(plugin, 'pid');
    plugin.open();
    expect((await answered).credential.authorization).toBe('Bearer typed');
    const waiting = writePlugin(`${script}${slow(good('typed'))}`);
    const { source: made, obtain } = source(waiting.command, interactive);
    const attempt = failureOf(obtain());
    const pid = await noted(waiting, 'pid');
    made.close();
    expect((await attempt).message).toContain('was ended');
    await isGone(pid);
    expect(waiting.wrote('end')).toBe('asked\n');
  });

  it('waits until no other one has the terminal, and gives it back at its end', async () => {
    const told: unknown[] = [];
    const takeTerminal = inTurns((taken) => told.push(taken));
    const giveBack = await takeTerminal();
    const plugin = writePlugin(good('t'));
    const { obtain } = source(plugin.command, {
      config: { interactiveMode: 'IfAvailable' },
      surroundings: { stdinIsTTY: true, takeTerminal },
    });
    const obtained = obtain();
    // Another one, which need not wait, runs to its end meanwhile.
    await source(writePlugin(good('other')).command).obtain();
    expect(plugin.runs()).toBe(0);
    giveBack();
    await obtained;
    expect(told).toEqual([true, false, true, false]);
  });

  it('does not keep us waiting with a child that outlives it', async () => {
    const plugin = writePlugin(`sleep 1000 & echo $! >"$0.child"\n${good('t')}`);
    const { obtain } = source(plugin.command);
    const attempt = obtain();
    await noted(plugin, 'child');
    expect((await attempt).credential.authorization).toBe('Bearer t');
  });
});

describe('C18: a plugin that writes without end', () => {
  it.each([
    [1, 'stdout'],
    [2, 'stderr'],
  ] as const)('is killed after 1 MiB on %i', async (stream, name) => {
    const plugin = writePlugin(endless(stream));
    const { obtain, said } = source(plugin.command);
    const attempt = failureOf(obtain());
    const pid = await noted(plugin, 'pid');
    const error = await attempt;
    expect(error).toMatchObject({ code: 'ERR_CREDENTIALS' });
    expect(error.message).toContain(`wrote more than 1 MiB to its ${name}`);
    expect(error.message.length).toBeLessThan(4096);
    expect(said.join('\n').length).toBeLessThan(1024 * 1024);
    await isGone(pid);
  });
});

describe('C16: a plugin that cannot be run, or fails', () => {
  const inFolder = (name: string, text: string, mode: number): string => {
    const path = join(writePlugin('').folder, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  const secret = { args: ['--password', 'hunter2'], installHint: 'brew install x\n\u001b[2Jnow' };

  it.each<[string, () => string, RegExp]>([
    [
      'is not in PATH',
      () => 'does not exist',
      /^getting credentials: exec: executable does not exist not found; .*: brew install x \\u\{1b\}\[2Jnow$/,
    ],
    [
      'is no file',
      () => '/nowhere/plugin',
      /exec: executable \/nowhere\/plugin not found; .*brew install x/,
    ],
    [
      'may not be executed',
      () => inFolder('p', '#!/bin/sh\n', 0o644),
      /fork\/exec .*\/p: permission denied/,
    ],
    ['is a folder', () => writePlugin('').folder, /fork\/exec .*: permission denied/],
    [
      'has no interpreter',
      () => inFolder('p', '#!/nowhere/sh\n', 0o755),
      /fork\/exec .*\/p: no such file or directory, though the file is there: the interpreter/,
    ],
    [
      'exits with 1',
      () => writePlugin(crashing(1)).command,
      /failed with exit code 1; run it in a terminal/,
    ],
    ['is killed', () => writePlugin('kill -KILL $$').command, /was killed by signal SIGKILL$/],
  ])('is reported when it %s', async (_, command, message) => {
    const error = await failureOf(source(command(), { config: secret }).obtain());
    expect(error).toMatchObject({ code: 'ERR_CREDENTIALS' });
    expect(error).not.toHaveProperty('cause');
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('hunter2');
  });

  it.each([
    ['a NUL character', 'se\0cret', /holds a NUL character/],
    ['too much', 'secret'.repeat(50_000), /argument list too long/],
  ])('is reported when its environment has %s', async (_, value, message) => {
    const { obtain } = source(writePlugin(good('t')).command, {
      config: { env: [{ name: 'X', value }] },
    });
    const error = await failureOf(obtain());
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('cret');
  });
});

describe('a plugin by its bare name', () => {
  it('is the first executable file of that name in PATH', async () => {
    const [plugin, folder] = [writePlugin(good('t'), 'it'), writePlugin('').folder];
    writeFileSync(join(folder, 'it'), 'not executable');
    const PATH = ['/nowhere', folder, plugin.folder, '/bin', '/usr/bin'].join(':');
    await source('it', { surroundings: { env: { PATH } } }).obtain();
    expect(plugin.runs()).toBe(1);
  });

  it('is sought in our PATH, whatever PATH the kubeconfig gives it', async () => {
    const plugin = writePlugin(good('t'), 'it');
    const { obtain } = source('it', {
      config: { env: [{ name: 'PATH', value: plugin.folder }] },
      surroundings: { env: { PATH: '/nowhere' } },
    });
    expect((await failureOf(obtain())).message).toContain('exec: executable it not found');
  });

  it.each(['.', '', 'sub/..'])('is not run from the relative entry %j of PATH', async (entry) => {
    const plugin = writePlugin(good('t'), 'it');
    const { obtain } = source('it', {
      surroundings: { cwd: plugin.folder, env: { PATH: `${entry}:${plugin.folder}` } },
    });
    expect((await failureOf(obtain())).message).toContain(
      'cannot run executable found relative to current directory',
    );
    expect(existsSync(`${plugin.command}.runs`)).toBe(false);
  });
});
