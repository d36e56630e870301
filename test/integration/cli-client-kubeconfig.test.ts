import { readFileSync, rmSync, statSync } from 'node:fs';
import { get as getPlain } from 'node:http';
import { get as getTls } from 'node:https';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { portholeWith } from '../support/cli.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { RunningCommand, run } from '../support/process.ts';
import { startUpstream } from '../support/recording-upstream.ts';

/** A porthole that serves with `flags`, and another command of porthole's in the same home. */
async function startWith(flags: readonly string[]) {
  const upstream = await startUpstream();
  const kubeconfig = writeTestKubeconfig(upstream);
  const given = [`--kubeconfig=${kubeconfig}`, '--port=0', ...flags];
  const [program, [bin, ...args], options] = portholeWith(given);
  const serving = new RunningCommand(program, [bin ?? '', ...args], options);
  onTestFinished(async () => {
    await serving.stop('SIGKILL');
    await upstream.close();
    rmSync(dirname(kubeconfig), { recursive: true });
  });
  const [, port] = await serving.waitFor('stdout', /^Starting to serve on 127\.0\.0\.1:(\d+)$/m);
  return {
    serving,
    upstream,
    home: options.cwd,
    kubeconfig: (...more: readonly string[]) =>
      run(program, [bin ?? '', 'kubeconfig', `--port=${port}`, ...flags, ...more], options),
  };
}

/** The status that a client gets which knows no more than this kubeconfig. */
function statusOf(text: string): Promise<number | undefined> {
  const { clusters, users } = parse(text);
  const { server, 'certificate-authority-data': authority } = clusters[0].cluster;
  const { token } = users[0].user;
  const options = {
    agent: false as const,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(authority === undefined ? {} : { ca: Buffer.from(authority, 'base64') }),
  };
  return new Promise((resolve, reject) => {
    const get = server.startsWith('https:') ? getTls : getPlain;
    get(`${server}/version`, options, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on('error', reject);
  });
}

describe('porthole kubeconfig', () => {
  it.each([[[]], [['--api-prefix=/k8s']], [['--tls']], [['--tls', '--require-token']]])(
    'lets clients in through a porthole that was started with %j',
    async (flags) => {
      const { upstream, kubeconfig } = await startWith(flags);
      const { code, stdout, stderr } = await kubeconfig();
      expect([code, stderr]).toEqual([0, '']);
      expect(await statusOf(stdout)).toBe(200);
      expect(upstream.bytes).toMatch(/^GET \/version HTTP\/1\.1\r\n/);
      expect(upstream.bytes).not.toMatch(/^authorization:/im);
    },
  );

  it('writes the same into a file for its owner alone, also over its own of last time', async () => {
    const { home, kubeconfig } = await startWith(['--tls', '--require-token']);
    const file = join(home, 'clients');
    for (const _ of ['first', 'again']) {
      const { code, stdout, stderr } = await kubeconfig('--write=clients');
      expect([code, stdout, stderr]).toEqual([0, '', `Wrote ${file}\n`]);
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    expect(readFileSync(file, 'utf8')).toBe((await kubeconfig()).stdout);
  });

  it('knows no token of a porthole that has stopped', async () => {
    const { serving, kubeconfig } = await startWith(['--tls', '--require-token']);
    await serving.stop();
    const { code, stdout, stderr } = await kubeconfig();
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error: open .*: no such file .* keeps it there while it runs\n$/);
  });

  it('takes a token without TLS for a mistake', async () => {
    const [program, args, options] = portholeWith(['kubeconfig', '--require-token']);
    const { code, stdout, stderr } = await run(program, args, options);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: clients send a token over TLS alone; add --tls\nSee /);
  });
});
