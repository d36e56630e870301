import { dirname, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PluginPolicy } from '../../../src/kubeconfig/kuberc.ts';
import { good, type Plugin, writePlugin } from '../../support/plugin.ts';
import { failureOf, source } from './exec-support.ts';

/** An attempt to run `plugin` by its path or its bare name, with its folder in PATH. */
function attempt(plugin: Plugin, by: 'path' | 'name', policy: PluginPolicy, PATH = plugin.folder) {
  const command = by === 'path' ? plugin.command : 'it';
  const env = { PATH: `${PATH}:/usr/bin:/bin` };
  return source(command, { surroundings: { policy, env } }).obtain();
}

const list = (...allowlist: string[]): PluginPolicy => ({ policy: 'Allowlist', allowlist });

describe('the plugin policy (client-go TestPluginPolicy)', () => {
  it.each(['path', 'name'] as const)('DenyAll runs no plugin by its %s', async (by) => {
    const plugin = writePlugin(good('t'), 'it');
    const error = await failureOf(attempt(plugin, by, { policy: 'DenyAll', allowlist: [] }));
    const shown = by === 'path' ? plugin.command : 'it';
    expect(error).toMatchObject({ code: 'ERR_CREDENTIALS' });
    expect(error.message).toContain(
      `getting credentials: plugin "${shown}" not allowed: policy set to "DenyAll"`,
    );
    expect(plugin.runs()).toBe(0);
  });

  it.each([
    ['path', 'path'],
    ['path', 'name'],
    ['name', 'path'],
    ['name', 'name'],
  ] as const)('Allowlist runs one by its %s that is listed by its %s', async (by, listed) => {
    const plugin = writePlugin(good('t'), 'it');
    const entry = listed === 'path' ? plugin.command : 'it';
    await attempt(plugin, by, list('foo-1', '/nowhere/it', entry, 'foo-2'));
    expect(plugin.runs()).toBe(1);
  });

  it.each([
    ['path', 'another'],
    ['name', '/nowhere/it'],
    ['path', '/bin/sh'],
    ['path', 'plugin/it'],
  ] as const)('Allowlist runs none by its %s when it lists %s', async (by, entry) => {
    const plugin = writePlugin(good('t'), 'it');
    const error = await failureOf(attempt(plugin, by, list(entry)));
    expect(error.message).toContain(
      `getting credentials: plugin path "${plugin.command}" is not permitted by the credential plugin allowlist`,
    );
    expect(plugin.runs()).toBe(0);
  });

  it('takes the name of a list for what PATH leads to, and not for any file of that name', async () => {
    const [listed, impostor] = [writePlugin(good('t'), 'it'), writePlugin(good('t'), 'it')];
    const error = await failureOf(attempt(impostor, 'path', list('it'), listed.folder));
    expect(error.message).toContain('is not permitted');
    expect(impostor.runs()).toBe(0);
  });

  it('runs the file that it has judged', async () => {
    const [first, second] = [writePlugin(good('1'), 'it'), writePlugin(good('2'), 'it')];
    await attempt(second, 'name', list(first.command), `${first.folder}:${second.folder}`);
    expect([first.runs(), second.runs()]).toEqual([1, 0]);
  });

  it('does not let through what it cannot resolve', async () => {
    const error = await failureOf(
      source('/nowhere/it', { surroundings: { policy: list('it') } }).obtain(),
    );
    expect(error.message).toContain(
      'plugin path "/nowhere/it" cannot be resolved for credential plugin allowlist check: no such file or directory',
    );
    const plugin = writePlugin(good('t'), 'it');
    const cwd = dirname(plugin.folder);
    const relativeEntry = relative(cwd, plugin.folder);
    const other = await failureOf(
      source('it', {
        surroundings: { policy: list(plugin.command), cwd, env: { PATH: relativeEntry } },
      }).obtain(),
    );
    expect(other.message).toContain('found relative to current directory');
    expect(plugin.runs()).toBe(0);
  });

  it('still says of a listed one that it is not there', async () => {
    const { obtain } = source('it', {
      config: { installHint: 'get it' },
      surroundings: { policy: list('it'), env: { PATH: '/nowhere' } },
    });
    expect((await failureOf(obtain())).message).toMatch(/exec: executable it not found; .*get it/);
  });
});
