import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { RunningCommand, run } from '../support/process.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { startUpstream } from '../support/recording-upstream.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { dependencies }: { dependencies: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);

/** A home, a working directory and a place for what strace sees. */
let folder: string;
let env: NodeJS.ProcessEnv;
let npmTrace: string;

/** The command, watched by strace with all of its children; only what asks for another end is written to `trace`. */
function watched(trace: string, command: readonly string[]): [string, string[]] {
  const calls = '--trace=connect,sendto,sendmsg,sendmmsg';
  return [
    'strace',
    ['--interruptible=waiting', '--follow-forks', calls, '--output', trace, ...command],
  ];
}

/** Each internet address that was connected or written to: `127.0.0.1:443`, `::1:53`. */
function addressesIn(trace: string): string[] {
  const text = readFileSync(trace, 'utf8');
  const four = /sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)/g;
  const six = /sin6_port=htons\((\d+)\).*?inet_pton\(AF_INET6, "([^"]+)"/g;
  const found = [...text.matchAll(four), ...text.matchAll(six)];
  return [...new Set(found.map(([, port, address]) => `${address}:${port}`))];
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'porthole-supply-'));
  const home = join(folder, 'home');
  mkdirSync(home);
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  // npm looks for a newer npm by itself.
  const quiet = { npm_config_update_notifier: 'false', NODE_NO_WARNINGS: '1' };
  env = { PATH: process.env['PATH'], HOME: home, ...quiet };
  npmTrace = join(folder, 'npm.strace');
  expect(await run(process.execPath, [join(root, 'build/sbom.js')])).toMatchObject({ code: 0 });
  const packages = [
    root,
    ...Object.keys(dependencies).map((name) => join(root, 'node_modules', name)),
  ];
  const packed = await run('npm', ['pack', '--silent', '--ignore-scripts', ...packages], {
    cwd: folder,
    env,
  });
  expect(packed).toMatchObject({ code: 0 });
  const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  expect(tarballs).toHaveLength(1 + Object.keys(dependencies).length);
  const install = ['npm', 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  const command = watched(npmTrace, [...install, ...tarballs.map((name) => `./${name}`)]);
  expect(await run(...command, { cwd: folder, env })).toMatchObject({ code: 0 });
  return () => rmSync(folder, { recursive: true });
});

describe('G08: the package', () => {
  it('G08: installs without the network and without install scripts', () => {
    expect(readFileSync(npmTrace, 'utf8')).toContain('+++ exited with 0 +++');
    expect(addressesIn(npmTrace)).toEqual([]);
  });

  it('G08: brings no packages but those of package.json', async () => {
    const { code, stdout } = await run('npm', ['ls', '--all', '--parseable'], { cwd: folder, env });
    const names = stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((path) => path.replace(/^.*node_modules\//, ''));
    expect({ code, names: names.sort() }).toEqual({
      code: 0,
      names: [...Object.keys(dependencies), 'porthole'].sort(),
    });
  });

  it('G08: starts, serves, and reaches no address but that of the API server', async () => {
    const upstream = await startUpstream();
    const kubeconfig = writeTestKubeconfig(upstream);
    const trace = join(folder, 'porthole.strace');
    const bin = join(folder, 'node_modules/.bin/porthole');
    const args = [process.execPath, bin, '--port=0', `--kubeconfig=${kubeconfig}`];
    const porthole = new RunningCommand(...watched(trace, args), { cwd: folder, env });
    onTestFinished(async () => {
      // Upon any other signal strace leaves its child alone.
      await porthole.stop('SIGTERM');
      rmSync(dirname(kubeconfig), { recursive: true });
      await upstream.close();
    });
    const [, port] = await porthole.waitFor('stdout', /^Starting to serve on 127\.0\.0\.1:(\d+)$/m);
    const client = await RawClient.connect(Number(port));
    onTestFinished(() => client.close());
    await client.send(request('GET /api/v1/pods')).untilText('ok');
    client.close();
    await porthole.stop('SIGTERM');
    expect(addressesIn(trace)).toEqual([`127.0.0.1:${upstream.port}`]);
  });

  it('has a list of what it is made of, with hashes', () => {
    const path = join(folder, 'node_modules/porthole/dist/sbom.cdx.json');
    const sbom: {
      metadata: { component: { name: string } };
      components: {
        name: string;
        hashes: { alg: string; content: string }[];
        licenses: unknown[];
      }[];
    } = JSON.parse(readFileSync(path, 'utf8'));
    expect(sbom.metadata.component.name).toBe('porthole');
    expect(sbom.components.map(({ name }) => name).sort()).toEqual(Object.keys(dependencies));
    for (const { hashes, licenses } of sbom.components) {
      expect(hashes).toEqual([
        { alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) },
      ]);
      expect(licenses).toHaveLength(1);
    }
  });
});
