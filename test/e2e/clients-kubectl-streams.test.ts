import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { KubectlClient, kubectl } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { createRunningPod } from '../support/cluster/seed.ts';
import { type RunningProxy, startPorthole } from '../support/proxies.ts';

const NAMESPACE = 'kubectl-streams';
const POD = 'streamed';

describeOnCluster('kubectl streams through porthole', (cluster) => {
  let proxy: RunningProxy;
  let client: KubectlClient;

  beforeAll(async () => {
    await kubectl(cluster, ['create', 'namespace', NAMESPACE]);
    await createRunningPod(cluster, NAMESPACE, POD);
    proxy = await startPorthole(cluster, { flags: ['--reject-paths=^$'] });
    client = new KubectlClient(cluster, proxy.url, NAMESPACE);
    return () => proxy.stop();
  });

  describe('logs', () => {
    it('prints what there is', async () => {
      expect(await client.ok(['logs', POD])).toBe('line 0\nline 1\nline 2\nline 3\nline 4\n');
    });

    it('follows: lines arrive while the container writes them', async () => {
      const following = client.start(['logs', '-f', POD]);
      try {
        await following.waitFor('stdout', /^line 2$/m);
        expect(following.stdout).not.toMatch(/^line 1000$/m);
      } finally {
        await following.stop();
      }
    });
  });

  describe('exec', () => {
    const exec = (script: string, input = '', flags: string[] = []) =>
      client.run(['exec', ...flags, POD, '--', 'sh', '-c', script], input);

    it('gives the exit code on', async () => {
      expect(await exec('exit 7')).toMatchObject({ code: 7 });
    });

    it('keeps stdout and stderr apart', async () => {
      expect(await exec('echo out; echo err >&2')).toMatchObject({
        code: 0,
        stdout: 'out\n',
        stderr: 'err\n',
      });
    });

    it('passes stdin on, megabytes of it, and its end', async () => {
      const input = 'every line is as good as another\n'.repeat(64 * 1024);
      const { code, stdout } = await exec('cat', input, ['-i']);
      expect({ code, same: stdout === input }).toEqual({ code: 0, same: true });
    });
  });

  it('attach: what is typed comes back from the container', async () => {
    const attached = client.start(['attach', '-i', POD]);
    try {
      attached.write('hello\n');
      await attached.waitFor('stdout', /^hello$/m);
      attached.write('again\n');
      await attached.waitFor('stdout', /^again$/m);
      attached.closeInput();
      expect(await attached.exited).toMatchObject({ code: 0 });
    } finally {
      await attached.stop();
    }
  });

  it('port-forward: HTTP requests reach the port of the pod', async () => {
    const inPod = createServer((request, response) => response.end(`you asked ${request.url}`));
    await new Promise<void>((resolve) => inPod.listen(0, '127.0.0.1', resolve));
    const { port } = inPod.address() as AddressInfo;
    const forwarding = client.start(['port-forward', `pod/${POD}`, `:${port}`]);
    try {
      const ready = await forwarding.waitFor('stdout', /Forwarding from 127\.0\.0\.1:(\d+)/);
      for (const path of ['/first', '/second']) {
        const answer = await fetch(`http://127.0.0.1:${ready[1]}${path}`);
        expect(await answer.text()).toBe(`you asked ${path}`);
      }
    } finally {
      await forwarding.stop();
      inPod.closeAllConnections();
      inPod.close();
    }
  });

  it('cp: a file goes in and comes out unchanged', async () => {
    const [here, inPod] = ['here-', 'pod-'].map((name) => mkdtempSync(join(cluster.dir, name)));
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 251));
    writeFileSync(`${here}/sent`, bytes);
    await client.ok(['cp', `${here}/sent`, `${POD}:${inPod}/copy`]);
    expect(readFileSync(`${inPod}/copy`).equals(bytes)).toBe(true);
    await client.ok(['cp', `${POD}:${inPod}/copy`, `${here}/received`]);
    expect(readFileSync(`${here}/received`).equals(bytes)).toBe(true);
  });
});

describeOnCluster('kubectl exec through porthole as it is by default', (cluster) => {
  it('is refused in words that name the flag', async () => {
    const proxy = await startPorthole(cluster);
    try {
      const client = new KubectlClient(cluster, proxy.url, 'default');
      const refused = await client.run(['exec', 'web-0', '--', 'true']);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('--reject-paths');
    } finally {
      await proxy.stop();
    }
  });
});
