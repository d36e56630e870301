import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { get as getPlain } from 'node:http';
import { get as getTls } from 'node:https';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { portholeWith } from '../support/cli.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { eventually } from '../support/pair.ts';
import { RunningCommand, run } from '../support/process.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { OK, startUpstream } from '../support/recording-upstream.ts';

/** A porthole that serves with `flags`, and another command of porthole's in the same home. */
async function startWith(flags: readonly string[], answer = OK) {
  const upstream = await startUpstream(() => answer);
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

  it('finds no token of a porthole that is stopping: another may serve there, with its own', async () => {
    const never = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n';
    const { serving, home } = await startWith(['--require-token', '--shutdown-grace=20s'], never);
    const [, port = ''] = /:(\d+)$/m.exec(serving.stdout) ?? [];
    const file = join(home, '.config', 'porthole', `token-127.0.0.1_${port}`);
    const headers = `Authorization: Bearer ${readFileSync(file, 'utf8').trim()}\r\n`;
    const watching = await RawClient.connect(Number(port));
    onTestFinished(() => watching.close());
    await watching.send(request('GET /api/v1/pods?watch=1', { headers })).untilText('{}');
    const stopped = serving.stop();
    await eventually('the token is gone', () => !existsSync(file));
    expect(watching.ended).toBe(false);
    watching.close();
    expect(await stopped).toMatchObject({ code: 0 });
  });

  it('takes a token without TLS for a mistake', async () => {
    const [program, args, options] = portholeWith(['kubeconfig', '--require-token']);
    const { code, stdout, stderr } = await run(program, args, options);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: clients send a token over TLS alone; add --tls\nSee /);
  });
});
