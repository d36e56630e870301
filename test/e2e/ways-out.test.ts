import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { Cluster } from '../support/cluster/cluster.ts';
import {
  type RealProxy,
  startMicrosocks,
  startTinyproxy,
} from '../support/cluster/forward-proxies.ts';
import { createAll, KubectlClient, kubectl } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { createRunningPod } from '../support/cluster/seed.ts';
import { type RunningProxy, startKubectlProxy, startPorthole } from '../support/proxies.ts';

const NAMESPACE = 'ways-out';
const POD = 'far-away';
const ALL_PATHS = '--reject-paths=^$';

const portOf = (cluster: Cluster): number => Number(new URL(cluster.server).port);
const START = {
  microsocks: (cluster: Cluster) => startMicrosocks(cluster.dir),
  tinyproxy: (cluster: Cluster) => startTinyproxy(cluster.dir, portOf(cluster)),
};

/**
 * The API server by an address of this machine that no rule takes for one: the environment's proxies are never for
 * loopback. It has no certificate for that address, but for the name.
 */
const notLoopback = (cluster: Cluster): string[] => [
  `--server=https://0.0.0.0:${portOf(cluster)}`,
  '--tls-server-name=localhost',
];

const WAYS: {
  program: keyof typeof START;
  named: string;
  by: (cluster: Cluster, url: string) => Parameters<typeof startPorthole>[1];
}[] = (['microsocks', 'tinyproxy'] as const).flatMap((program) => [
  { program, named: '--proxy-url', by: (_, url) => ({ flags: [ALL_PATHS, `--proxy-url=${url}`] }) },
  {
    program,
    named: 'HTTPS_PROXY',
    by: (cluster, url) => ({
      flags: [ALL_PATHS, ...notLoopback(cluster)],
      env: { HTTPS_PROXY: url, NO_PROXY: 'a.example,10.0.0.0/8' },
    }),
  },
]);

/** Ends with the test. */
async function startFor(cluster: Cluster, options: Parameters<typeof startPorthole>[1]) {
  const porthole = await startPorthole(cluster, options);
  onTestFinished(() => porthole.stop());
  return porthole;
}

/** What `echo directly` in the pod prints. kubectl would ask for the pod itself first, and not get it. */
async function execOverWebSocket({ port }: RunningProxy): Promise<string> {
  const path = `api/v1/namespaces/${NAMESPACE}/pods/${POD}/exec?stdout=true&command=echo&command=directly`;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/${path}`, ['v4.channel.k8s.io']);
  let printed = '';
  socket.on('message', (frame: Buffer) => {
    // The first byte is the channel.
    if (frame[0] === 1) printed += frame.subarray(1).toString();
  });
  await once(socket, 'close');
  return printed;
}

describeOnCluster('through a forward proxy', (cluster) => {
  beforeAll(async () => {
    await kubectl(cluster, ['create', 'namespace', NAMESPACE]);
    await createRunningPod(cluster, NAMESPACE, POD);
  });

  describe.each(WAYS)('$program, by $named', ({ program, by }) => {
    let proxy: RealProxy;
    let porthole: RunningProxy;
    let client: KubectlClient;

    beforeAll(async () => {
      proxy = await START[program](cluster);
      porthole = await startPorthole(cluster, by(cluster, proxy.url));
      client = new KubectlClient(cluster, porthole.url, NAMESPACE);
      return async () => {
        await porthole.stop();
        await proxy.stop();
      };
    });

    it('goes a GET', async () => {
      expect(await client.ok(['get', 'pod', POD, '-o', 'name'])).toBe(`pod/${POD}\n`);
      expect(proxy.opened()).toBeGreaterThan(0);
    });

    it('goes a watch, whose events come as they happen', async () => {
      const name = `${program}-${porthole.port}`;
      const watching = client.start(['get', 'configmaps', '--watch', '--output=name']);
      try {
        await createAll(cluster, [
          { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: NAMESPACE } },
        ]);
        await watching.waitFor('stdout', new RegExp(`configmap/${name}`));
      } finally {
        await watching.stop();
      }
    });

    it('goes kubectl exec, with megabytes and its exit code', async () => {
      const input = 'every line is as good as another\n'.repeat(64 * 1024);
      const args = ['exec', '-i', POD, '--', 'sh', '-c', 'cat; exit 7'];
      const { code, stdout } = await client.run(args, input);
      expect({ code, same: stdout === input }).toEqual({ code: 7, same: true });
    });

    it('goes kubectl port-forward', async () => {
      const inPod = createServer((request, response) => response.end(`you asked ${request.url}`));
      await new Promise<void>((resolve) => inPod.listen(0, '127.0.0.1', resolve));
      const { port } = inPod.address() as AddressInfo;
      const forwarding = client.start(['port-forward', `pod/${POD}`, `:${port}`]);
      try {
        const ready = await forwarding.waitFor('stdout', /Forwarding from 127\.0\.0\.1:(\d+)/);
        const answer = await fetch(`http://127.0.0.1:${ready[1]}/first`);
        expect(await answer.text()).toBe('you asked /first');
      } finally {
        await forwarding.stop();
        inPod.closeAllConnections();
        inPod.close();
      }
    });

    it('goes nothing more once the proxy has ended, and the answers name it', async () => {
      await proxy.stop();
      const refused = `cannot reach the proxy ${proxy.authority} on the way to the API server`;
      // A connection of before may still be found dead first.
      await expect
        .poll(async () => (await fetch(`${porthole.url}/version`)).text())
        .toContain(refused);
      const exec = await client.run(['exec', POD, '--', 'true']);
      expect({ code: exec.code, stderr: exec.stderr }).toEqual({
        code: 1,
        stderr: expect.stringContaining(refused),
      });
      expect(JSON.stringify(porthole.log())).not.toContain(proxy.password);
    });
  });

  describe.each(['microsocks', 'tinyproxy'] as const)('%s', (program) => {
    let proxy: RealProxy;

    beforeAll(async () => {
      proxy = await START[program](cluster);
      return () => proxy.stop();
    });

    it.each([
      ['NO_PROXY has the server', { NO_PROXY: '0.0.0.0' }, notLoopback],
      ['the server is on this machine', {}, () => []],
    ])('is not used where %s', async (_, more, flags) => {
      const env = { HTTPS_PROXY: proxy.url, ...more };
      const porthole = await startFor(cluster, { flags: [...flags(cluster)], env });
      expect((await fetch(`${porthole.url}/version`)).status).toBe(200);
      expect(proxy.opened()).toBe(0);
    });

    it.each([
      ['without a login', '', 'the proxy wants a user name and password'],
      ['with a wrong one', 'joe:wrong@', 'the proxy does not accept the user name and password'],
    ])('refuses us %s: 502 that says so', async (_, login, reason) => {
      const url = new URL(proxy.url);
      const flags = [`--proxy-url=${url.protocol}//${login}${url.host}`];
      const answer = await fetch(`${(await startFor(cluster, { flags })).url}/version`);
      expect({ status: answer.status, body: await answer.json() }).toMatchObject({
        status: 502,
        body: { kind: 'Status', message: expect.stringContaining(reason) },
      });
      expect(proxy.opened()).toBe(0);
    });
  });

  it('tinyproxy opens no way to a port that it does not know: 502 that says so', async () => {
    const proxy = await startTinyproxy(cluster.dir, 1);
    onTestFinished(() => void proxy.stop());
    const { url } = await startFor(cluster, { flags: [`--proxy-url=${proxy.url}`] });
    expect(await (await fetch(`${url}/version`)).json()).toMatchObject({
      message: expect.stringMatching(/the proxy refused CONNECT with status 403/),
    });
  });

  it('microsocks can not reach a server that is not there: 502 that says so', async () => {
    const proxy = await startMicrosocks(cluster.dir);
    onTestFinished(() => void proxy.stop());
    const flags = [`--proxy-url=${proxy.url}`, '--server=https://127.0.0.1:1'];
    const { url } = await startFor(cluster, { flags });
    expect(await (await fetch(`${url}/version`)).json()).toMatchObject({
      message: expect.stringMatching(/the SOCKS5 proxy refused with code 5: .*refused/),
    });
  });

  it('kubectl proxy goes past it for exec, even where it is the only way allowed', async () => {
    const nobody = await startMicrosocks(cluster.dir);
    await nobody.stop();
    const config = JSON.parse(readFileSync(cluster.kubeconfigs.certificateData, 'utf8'));
    config.clusters[0].cluster['proxy-url'] = nobody.url;
    const kubeconfig = join(cluster.dir, 'behind-a-dead-proxy.kubeconfig');
    writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
    const theirs = await startKubectlProxy(cluster, [ALL_PATHS, `--kubeconfig=${kubeconfig}`]);
    onTestFinished(() => theirs.stop());
    expect((await fetch(`${theirs.url}/version`)).ok).toBe(false);
    expect(await execOverWebSocket(theirs)).toBe('directly\n');
    const ours = await startFor(cluster, { kubeconfig, flags: [ALL_PATHS] });
    await expect(execOverWebSocket(ours)).rejects.toThrow('Unexpected server response: 502');
  });
});
