import { rmSync, symlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyFolder, portholeWith } from '../support/cli.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { RunningCommand, run } from '../support/process.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { startUpstream } from '../support/recording-upstream.ts';

/** Arguments that run porthole through a link, as npm installs it. */
function linkedAs(name: string, args: readonly string[]) {
  const [node, [bin, ...rest], options] = portholeWith(args);
  const link = join(emptyFolder(), name);
  symlinkSync(bin ?? '', link);
  return [node, [link, ...rest], options] as const;
}

describe.each([
  ['porthole', 'porthole'],
  ['kubectl-porthole', 'kubectl porthole'],
])('installed as %s', (name, program) => {
  it('the help shows how it is called', async () => {
    const { code, stdout, stderr } = await run(...linkedAs(name, ['--help']));
    expect([code, stderr]).toEqual([0, '']);
    const [usage = '', demo = ''] = stdout.split('\n');
    expect(usage).toBe(`Usage: ${program} [proxy] [flags]`);
    expect(demo.trim()).toBe(`${program} demo [flags]`);
    const examples = stdout.slice(stdout.indexOf('Examples:')).match(/^ {2}\w.*$/gm) ?? [];
    expect(examples.length).toBeGreaterThan(3);
    for (const example of examples) expect(`${example} `).toContain(`  ${program} `);
  });

  it('a mistake refers to that help', async () => {
    const { code, stdout, stderr } = await run(...linkedAs(name, ['--prot=1']));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: .*--prot.*\n/);
    expect(stderr.endsWith(`\nSee '${program} --help' for usage.\n`)).toBe(true);
  });
});

describe('--address', () => {
  /** Runs porthole until it serves; tells where it says it does. */
  async function startWith(...flags: readonly string[]) {
    const upstream = await startUpstream();
    const kubeconfig = writeTestKubeconfig(upstream);
    const args = [`--kubeconfig=${kubeconfig}`, '--port=0', ...flags];
    const command = new RunningCommand(...portholeWith(args));
    onTestFinished(async () => {
      await command.stop('SIGKILL');
      await upstream.close();
      rmSync(dirname(kubeconfig), { recursive: true });
    });
    const [, host = '', port] = await command.waitFor(
      'stdout',
      /^Starting to serve on (\S+):(\d+)\n/,
    );
    return { command, host, port: Number(port) };
  }

  /** The status of one request with this Host. */
  async function statusOf(address: string, port: number, host: string) {
    const client = await RawClient.connect(port, { host: address });
    onTestFinished(() => client.close());
    const headers = 'Connection: close\r\n';
    await client.send(request('GET /version', { host, headers })).untilEnd();
    return client.statuses;
  }

  it.each([
    [['--address', '::1']],
    [['--address', '[::1]']],
    [['--address=::1']],
    [['--address=[::1]']],
  ])('%j listens on IPv6', async (flags) => {
    const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    if (!addresses.some(({ address }) => address === '::1'))
      expect.fail('this machine has no ::1, without which nobody knows whether IPv6 works');
    const { command, host, port } = await startWith(...flags);
    expect(command.stdout).toBe(`Starting to serve on [::1]:${port}\n`);
    expect(await statusOf('::1', port, `${host}:${port}`)).toEqual([200]);
    expect(await statusOf('::1', port, '[::1]')).toEqual([200]);
    expect(await statusOf('::1', port, `[::2]:${port}`)).toEqual([403]);
    await expect(RawClient.connect(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('localhost listens on an address of this machine alone, whichever the system says', async () => {
    const { host, port } = await startWith('--address', 'localhost');
    expect(['127.0.0.1', '[::1]']).toContain(host);
    const address = host.replace(/[[\]]/g, '');
    expect(await statusOf(address, port, `localhost:${port}`)).toEqual([200]);
    expect(await statusOf(address, port, `${host}:${port}`)).toEqual([200]);
  });
});
