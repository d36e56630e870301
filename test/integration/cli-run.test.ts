import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { portholeWith } from '../support/cli.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { RunningCommand, run } from '../support/process.ts';
import { startUpstream } from '../support/recording-upstream.ts';

/** `porthole run FLAGS -- COMMAND` in front of an upstream, in a home and with a folder for temporary files of its own. */
async function porthole(command: readonly string[], flags: readonly string[] = []) {
  const upstream = await startUpstream();
  const kubeconfig = writeTestKubeconfig(upstream);
  onTestFinished(async () => {
    rmSync(dirname(kubeconfig), { recursive: true });
    await upstream.close();
  });
  const given = ['run', `--kubeconfig=${kubeconfig}`, ...flags, '--', ...command];
  const [program, args, { cwd, env }] = portholeWith(given);
  const temporary = join(cwd, 'temporary');
  mkdirSync(temporary);
  const options = { cwd, env: { ...env, TMPDIR: temporary } };
  return {
    upstream,
    cwd,
    /** What is left behind; nothing, when all is well. */
    left: () => readdirSync(temporary),
    toItsEnd: (input = '') => run(program, args, { ...options, input }),
    start() {
      const running = new RunningCommand(program, args, options);
      onTestFinished(() => void running.stop('SIGKILL'));
      return running;
    },
  };
}

const node = (script: string, ...args: string[]) => [process.execPath, '-e', script, ...args];

/** A client that knows the proxy from its kubeconfig alone, and prints what it saw. */
const CLIENT = `
  const { readFileSync, statSync } = require('node:fs');
  const { dirname } = require('node:path');
  const file = process.env.KUBECONFIG;
  const text = readFileSync(file, 'utf8');
  const field = (name) => new RegExp('^ *' + name + ': (.*)$', 'm').exec(text)?.[1];
  const server = field('server');
  const ca = Buffer.from(field('certificate-authority-data') ?? '', 'base64');
  const token = field('token');
  const headers = token && process.argv[1] !== 'no-token' ? { authorization: 'Bearer ' + token } : {};
  require(server.startsWith('https') ? 'node:https' : 'node:http')
    .get(server + '/version', { ca, headers, agent: false }, (answer) => {
      const mode = (path) => (statSync(path).mode & 0o777).toString(8);
      const modes = [mode(dirname(file)), mode(file)];
      process.stdout.write(JSON.stringify({ file, modes, server, status: answer.statusCode }));
      answer.resume();
    });
`;

describe('porthole run', () => {
  it('runs a command whose KUBECONFIG leads through the proxy, and leaves nothing behind', async () => {
    const { upstream, left, toItsEnd } = await porthole(node(CLIENT));
    const { code, stdout, stderr } = await toItsEnd();
    expect([code, stderr]).toEqual([0, '']);
    const { file, ...seen } = JSON.parse(stdout);
    expect(seen).toEqual({
      modes: ['700', '600'],
      server: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      status: 200,
    });
    expect(upstream.requests).toBe(1);
    expect(existsSync(dirname(file))).toBe(false);
    expect(left()).toEqual([]);
  });

  it.each([
    { flags: ['--tls'], argument: '', status: 200 },
    { flags: ['--tls', '--require-token'], argument: '', status: 200 },
    { flags: ['--tls', '--require-token'], argument: 'no-token', status: 401 },
  ])('$flags $argument: the command is answered $status', async ({ flags, argument, status }) => {
    const { toItsEnd } = await porthole(node(CLIENT, argument), flags);
    const { stdout } = await toItsEnd();
    expect(JSON.parse(stdout)).toMatchObject({
      server: expect.stringMatching(/^https:/),
      status,
    });
  });

  it('gives the command its arguments as they are, and our stdin', async () => {
    const echo = `process.stdout.write(JSON.stringify(process.argv.slice(1)));
      process.stdin.pipe(process.stdout);`;
    const args = ['--port=1', '-x', '', '--', 'a b', '--help'];
    const { toItsEnd } = await porthole(node(echo, '--', ...args));
    expect(await toItsEnd('typed')).toMatchObject({
      code: 0,
      stdout: `${JSON.stringify(args)}typed`,
      stderr: '',
    });
  });

  it.each([
    { does: 'process.exit(0)', code: 0 },
    { does: 'process.exit(3)', code: 3 },
    { does: "process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)", code: 143 },
    { does: "process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000)", code: 137 },
  ])('ends with $code when the command does $does', async ({ does, code }) => {
    const { left, toItsEnd } = await porthole(node(does));
    expect(await toItsEnd()).toMatchObject({ code, stdout: '', stderr: '' });
    expect(left()).toEqual([]);
  });

  it.each([
    { command: 'no-such-command', code: 127, says: /^error: no such command: "no-such-command"/ },
    { command: '', code: 127, says: /^error: no such command: ""/ },
    { command: './text', code: 126, says: /^error: cannot run ".\/text": permission denied/ },
    { command: './folder', code: 126, says: /^error: cannot run ".\/folder": permission denied/ },
    { command: './text/x', code: 126, says: /^error: cannot run ".\/text\/x": ENOTDIR/ },
  ])('ends with $code for "$command"', async ({ command, code, says }) => {
    const { cwd, left, toItsEnd } = await porthole([command]);
    writeFileSync(join(cwd, 'text'), 'exit 0');
    chmodSync(join(cwd, 'text'), 0o600);
    mkdirSync(join(cwd, 'folder'));
    const finished = await toItsEnd();
    expect([finished.code, finished.stdout]).toEqual([code, '']);
    expect(finished.stderr).toMatch(says);
    expect(finished.stderr.trimEnd()).not.toContain('\n');
    expect(left()).toEqual([]);
  });

  it.each([
    { flags: ['--context=none'], code: 1, says: /^error: .*none/ },
    { flags: ['--require-token'], code: 2, says: /^error: .*add --tls/m },
  ])('$flags: without a proxy there is no command', async ({ flags, code, says }) => {
    const { cwd, left, toItsEnd } = await porthole(['touch', 'ran'], flags);
    const finished = await toItsEnd();
    expect([finished.code, finished.stdout]).toEqual([code, '']);
    expect(finished.stderr).toMatch(says);
    expect(existsSync(join(cwd, 'ran'))).toBe(false);
    expect(left()).toEqual([]);
  });

  it('passes signals on, and stays until the command ends', async () => {
    const stubborn = `
      for (const name of ['SIGINT', 'SIGHUP', 'SIGQUIT']) process.on(name, () => console.log(name));
      process.on('SIGTERM', () => process.exit(5));
      setInterval(() => {}, 1000);
      console.log('ready');`;
    const { left, start } = await porthole(node(stubborn));
    const running = start();
    await running.waitFor('stdout', /ready/);
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT'] as const) {
      void running.stop(signal);
      await running.waitFor('stdout', new RegExp(signal));
    }
    expect(left()).toHaveLength(1);
    expect(await running.stop('SIGTERM')).toEqual({ code: 5, signal: null });
    expect(running.stdout).toBe('ready\nSIGINT\nSIGHUP\nSIGQUIT\n');
    expect(left()).toEqual([]);
  });

  it('ends with 143 when SIGTERM ends the command', async () => {
    const { left, start } = await porthole(
      node("setInterval(() => {}, 1000); console.log('ready')"),
    );
    const running = start();
    await running.waitFor('stdout', /ready/);
    expect(await running.stop('SIGTERM')).toEqual({ code: 143, signal: null });
    expect(left()).toEqual([]);
  });
});
