import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { portholeWith, startPorthole } from '../support/cli.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import {
  crashing,
  good,
  HANGING,
  isGone,
  type Plugin,
  ROTATING,
  writePlugin,
} from '../support/plugin.ts';
import { RunningCommand, run } from '../support/process.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { OK, startUpstream } from '../support/recording-upstream.ts';

const NO_PAIR = { 'client-certificate-data': undefined, 'client-key-data': undefined };
const CLOSE = { headers: 'Connection: close\r\n' };

/** An upstream that takes any token, and a kubeconfig whose user is known by what a plugin gives. */
async function setup(plugin: Plugin, exec: object = {}) {
  const upstream = await startUpstream(() => OK, { requestCert: false });
  const user = {
    ...NO_PAIR,
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: plugin.command,
      interactiveMode: 'IfAvailable',
      ...exec,
    },
  };
  const kubeconfig = writeTestKubeconfig(upstream, { user });
  onTestFinished(async () => {
    rmSync(dirname(kubeconfig), { recursive: true });
    await upstream.close();
  });
  return { upstream, kubeconfig };
}

async function ask(port: number): Promise<string> {
  const client = await RawClient.connect(port);
  await client.send(request('GET /version', CLOSE)).untilEnd();
  client.close();
  return client.received;
}

describe('a credential plugin, as the command line runs it', () => {
  it('is run by the first request, once, and is named with its time; SIGHUP tells how the credentials are', async () => {
    const plugin = writePlugin(ROTATING);
    const { upstream, kubeconfig } = await setup(plugin);
    const { command, port } = await startPorthole('--kubeconfig', kubeconfig);
    expect(plugin.runs()).toBe(0);
    await Promise.all([ask(port), ask(port), ask(port)]);
    expect(plugin.runs()).toBe(1);
    expect(upstream.bytes.match(/Bearer token-1/g)).toHaveLength(3);
    await command.waitFor('stderr', /obtained credentials: exec plugin .* in [\d.]+ s"/);
    await command.waitFor('stderr', /"msg":"request completed".*"authMs":[\d.]+/);
    command.signal('SIGHUP');
    await command.waitFor('stderr', /kubeconfig read again: nothing has changed/);
    await command.waitFor('stderr', /credentials: exec plugin; obtained .* in \d\.\d s/);
    expect(command.stderr).not.toContain('token-1');
  });

  it('that fails is quoted in the answer and on stderr, made harmless, and left alone for a while', async () => {
    const plugin = writePlugin(crashing(3, 'please \u001b[31mlog in\u001b[0m'));
    const { kubeconfig } = await setup(plugin);
    const { command, port } = await startPorthole('--kubeconfig', kubeconfig);
    const answer = await ask(port);
    expect(answer).toMatch(
      /^HTTP\/1\.1 503 .*\r\nRetry-After: 1\r\n.*exit code 3.*please .*log in/s,
    );
    expect(await ask(port)).toMatch(/^HTTP\/1\.1 503 .*\r\nRetry-After: \d+\r\n/s);
    expect(plugin.runs()).toBe(1);
    await command.waitFor('stderr', /exit code 3.*next attempt is made in 1 s/);
    expect(answer + command.stderr).not.toContain('\u001b');
  });

  it('C17: that hangs is ended with its children at --exec-timeout, requests get 504, and porthole goes on', async () => {
    const plugin = writePlugin(HANGING);
    const { kubeconfig } = await setup(plugin);
    const { port } = await startPorthole('--kubeconfig', kubeconfig, '--exec-timeout=300ms');
    expect(await ask(port)).toMatch(/^HTTP\/1\.1 504 .*did not finish within 0\.3 s/s);
    await isGone(Number(plugin.wrote('child')));
    expect(await ask(port)).toMatch(/^HTTP\/1\.1 50[34] /);
  });

  it('that runs is ended with porthole', async () => {
    const plugin = writePlugin(HANGING);
    const { kubeconfig } = await setup(plugin);
    const args = ['--kubeconfig', kubeconfig, '--shutdown-grace=0s'];
    const { command, port } = await startPorthole(...args);
    const client = await RawClient.connect(port);
    client.send(request('GET /version'));
    await expect.poll(() => plugin.wrote('child')).not.toBe('');
    await command.stop('SIGTERM');
    await isGone(Number(plugin.wrote('child')));
    client.close();
  });

  it('C20: gets the relative path of its kubeconfig, arguments without a shell, and no stdin', async () => {
    const plugin = writePlugin(
      `printf '%s|' "$@" >"$0.args"; cat >"$0.stdin"; printf '%s' "$KUBERNETES_EXEC_INFO" >"$0.info"\n${good('t')}`,
    );
    const { kubeconfig } = await setup(plugin, {
      command: './plugin',
      args: ['a b', '$(id)', ';x'],
    });
    writeFileSync(`${dirname(kubeconfig)}/plugin`, readFileSync(plugin.command), { mode: 0o755 });
    const { port } = await startPorthole('--kubeconfig', kubeconfig);
    expect(await ask(port)).toContain('200 OK');
    const wrote = (what: string) => readFileSync(`${dirname(kubeconfig)}/plugin.${what}`, 'utf8');
    expect(wrote('args')).toBe('a b|$(id)|;x|');
    expect(wrote('stdin')).toBe('');
    expect(JSON.parse(wrote('info'))).toMatchObject({ spec: { interactive: false } });
  });

  it('C21: does not run when kubectl may not run it either', async () => {
    const plugin = writePlugin(good('t'));
    const { kubeconfig } = await setup(plugin);
    const kuberc = `${dirname(kubeconfig)}/kuberc`;
    writeFileSync(
      kuberc,
      'apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\ncredentialPluginPolicy: DenyAll\n',
    );
    const { port } = await startPorthole('--kubeconfig', kubeconfig, '--kuberc', kuberc);
    expect(await ask(port)).toMatch(/^HTTP\/1\.1 503 .*not allowed: policy set to .*DenyAll/s);
    expect(plugin.runs()).toBe(0);
  });

  it('says nothing on the terminal of a command that porthole runs, unless the plugin does', async () => {
    const plugin = writePlugin(`echo "visit the login page" >&2\n${good('t')}`);
    const { kubeconfig } = await setup(plugin);
    const client = `require('node:http').get(process.env.S ?? /server: (.*)/.exec(require('node:fs')
      .readFileSync(process.env.KUBECONFIG, 'utf8'))[1] + '/version', (answer) => answer.resume())`;
    const args = ['run', `--kubeconfig=${kubeconfig}`, '--', process.execPath, '-e', client];
    const done = await run(...portholeWith(args));
    expect(done).toMatchObject({ code: 0, stdout: '', stderr: 'visit the login page\n' });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'is ended with a doctor that is told %s',
    async (signal) => {
      const plugin = writePlugin(HANGING);
      const { kubeconfig } = await setup(plugin);
      const doctor = new RunningCommand(...portholeWith(['doctor', `--kubeconfig=${kubeconfig}`]));
      onTestFinished(() => void doctor.stop('SIGKILL'));
      await expect.poll(() => plugin.wrote('child')).not.toBe('');
      expect((await doctor.stop(signal)).code).toBe(signal === 'SIGINT' ? 130 : 143);
      await isGone(Number(plugin.wrote('child')));
    },
  );

  it('C23: its token is not open to a debugger: SIGUSR1 starts none', async () => {
    const plugin = writePlugin(good('s3cret-token'));
    const { kubeconfig } = await setup(plugin);
    const { command, port } = await startPorthole('--kubeconfig', kubeconfig);
    await ask(port);
    command.signal('SIGUSR1');
    command.signal('SIGHUP');
    await command.waitFor('stderr', /kubeconfig read again/);
    expect(command.stderr).not.toMatch(/Debugger listening/);
    expect(await ask(port)).toContain('200 OK');
  });
});
