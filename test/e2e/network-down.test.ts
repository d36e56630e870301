import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, it, type TestContext } from 'vitest';
import { WebSocket } from 'ws';
import type { Cluster } from '../support/cluster/cluster.ts';
import { KubectlClient, kubectl } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { createRunningPod } from '../support/cluster/seed.ts';
import { makeRemoteHost } from '../support/network-namespace.ts';
import { pidListeningOn, socketsOf } from '../support/open-sockets.ts';
import { type RunningProxy, startPorthole } from '../support/proxies.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { type Relay, startRelay, startRelayOn } from '../support/relays.ts';

const NAMESPACE = 'network-down';
const POD = 'far-away';
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const LIMIT_MS = 60_000;
const LAST_CHUNK = '\r\n0\r\n\r\n';
const UNREACHABLE = /^API server unreachable: /;

/** Ends something with the test. */
type Finally = TestContext['onTestFinished'];

/** porthole in front of an API server that is behind two cables. */
async function startFarAway(cluster: Cluster, keepalive: string, atEnd: Finally) {
  const host = await makeRemoteHost();
  atEnd(() => host.remove());
  const dir = mkdtempSync(join(cluster.dir, 'far-'));
  const socket = join(dir, 'relay');
  const relay = await startRelay(Number(new URL(cluster.server).port), socket);
  atEnd(() => relay.close());
  const onHost = await startRelayOn(host, socket);
  atEnd(async () => void (await onHost.stop()));
  const kubeconfig = join(dir, 'kubeconfig');
  const config = JSON.parse(readFileSync(cluster.kubeconfigs.certificateData, 'utf8'));
  const server = `https://${host.address}:${onHost.port}`;
  Object.assign(config.clusters[0].cluster, { server, 'tls-server-name': 'localhost' });
  writeFileSync(kubeconfig, JSON.stringify(config));
  const flags = ['--reject-paths=^$', `--keepalive=${keepalive}`];
  const proxy = await startPorthole(cluster, { kubeconfig, flags });
  atEnd(() => proxy.stop());
  return { host, relay, proxy };
}

async function connectTo(proxy: RunningProxy, atEnd: Finally): Promise<RawClient> {
  const client = await RawClient.connect(proxy.port);
  atEnd(() => client.close());
  return client;
}

/** Everything that can wait for an API server, but for a request that is sent too late; what resolves is its end. */
async function openEverything(
  cluster: Cluster,
  { proxy, relay }: { readonly proxy: RunningProxy; readonly relay: Relay },
  { expect, onTestFinished: atEnd }: TestContext,
) {
  const watch = await connectTo(proxy, atEnd);
  await watch.send(request(`GET ${PODS}?watch=1`)).untilText('"ADDED"');
  const exec = new KubectlClient(cluster, proxy.url, NAMESPACE).start([
    ...['exec', '-i', POD, '--', 'cat'],
  ]);
  atEnd(async () => void (await exec.stop()));
  exec.write('hello\n');
  await exec.waitFor('stdout', /^hello$/m);
  const path = `${PODS}/${POD}/exec?command=cat&stdin=true&stdout=true`;
  const silent = new WebSocket(`ws://127.0.0.1:${proxy.port}${path}`, 'v4.channel.k8s.io');
  atEnd(() => silent.terminate());
  const closed = new Promise<number>((resolve) => silent.once('close', resolve));
  await new Promise((resolve, reject) => silent.once('open', resolve).once('error', reject));
  // Two watches that end leave two idle connections.
  const [early, late] = await Promise.all([connectTo(proxy, atEnd), connectTo(proxy, atEnd)]);
  const short = request(`GET ${PODS}?watch=1&timeoutSeconds=1`);
  await Promise.all([early, late].map((client) => client.send(short).untilText(LAST_CHUNK)));
  for (const client of [early, late]) client.received = '';
  relay.mute(true);
  const { asked } = relay;
  early.send(request('GET /version?early'));
  // More than kubectl's heartbeat.
  await expect.poll(() => relay.asked - asked).toBeGreaterThan(100);
  return { watch, early, late, exec, closed };
}

/** An answer of porthole's that nothing came from the API server. */
function failed(client: RawClient): Promise<void> {
  return client.until(() => client.received.includes('"code":502}'), LIMIT_MS);
}

/** How often the operator was told something. */
function told(proxy: RunningProxy, sentence: RegExp): number {
  return proxy.log().filter(({ msg }) => sentence.test(String(msg))).length;
}

describeOnCluster('an API server whose network goes down', (cluster) => {
  beforeAll(async () => {
    await kubectl(cluster, ['create', 'namespace', NAMESPACE]);
    await createRunningPod(cluster, NAMESPACE, POD);
  });

  it.concurrent.for([
    { what: "this machine's own cable", which: 'nearCable', keepalive: '30s' },
    { what: 'a cable behind a switch', which: 'farCable', keepalive: '30s' },
    // TCP gives up a request that the API server had before the pool does, and must not make the client wait anew.
    { what: 'a cable behind a switch, with a short keepalive', which: 'farCable', keepalive: '5s' },
  ] as const)(
    '$what: who waits is told within a minute, and nobody waits once it is plugged in again',
    { timeout: 180_000 },
    async ({ which, keepalive }, context) => {
      // In concurrent tests, the global one does not know which test it is in.
      const { expect, onTestFinished: atEnd, annotate } = context;
      const way = await startFarAway(cluster, keepalive, atEnd);
      const { host, relay, proxy } = way;
      const pid = pidListeningOn(proxy.port);
      const unused = socketsOf(pid);
      const { watch, early, late, exec, closed } = await openEverything(cluster, way, context);

      await host[which].down();
      const down = performance.now();
      late.send(request('GET /version?late'));
      const timed = async (what: string, end: Promise<unknown>): Promise<void> => {
        await end;
        await annotate(`${what}: ${Math.round(performance.now() - down)} ms after the cable`);
      };
      await Promise.all([
        timed(
          'watch',
          watch.until(() => watch.ended, LIMIT_MS),
        ),
        timed('GET under way', failed(early)),
        timed('GET over an idle connection', failed(late)),
        timed('kubectl exec', exec.exited),
        timed('silent tunnel', closed),
      ]);
      expect(performance.now() - down).toBeLessThan(LIMIT_MS);
      expect(watch.received).not.toContain(LAST_CHUNK);
      // RFC 6455 section 7.1.5: without a Close frame.
      expect(await closed).toBe(1006);

      const client = await connectTo(proxy, atEnd);
      // A cable of this machine's own ends connections before anybody has asked for a new one.
      if (which === 'nearCable') await failed(client.send(request('GET /version?gone')));
      client.received = '';
      await expect.poll(() => told(proxy, UNREACHABLE), { timeout: 10_000 }).toBe(1);
      relay.mute(false);
      await host[which].up();
      const up = performance.now();
      await client.send(request('GET /version?back')).untilText('gitVersion');
      await annotate(`answered again: ${Math.round(performance.now() - up)} ms after the cable`);
      await expect.poll(() => told(proxy, /^API server is back/), { timeout: 30_000 }).toBe(1);
      expect(told(proxy, UNREACHABLE)).toBe(1);

      for (const each of [early, late, client]) each.close();
      // One idle connection is left.
      await expect.poll(() => socketsOf(pid), { timeout: 10_000 }).toBe(unused + 1);
      const ended = (part: object) => proxy.log().filter((line) => matches(line, part));
      const lost = { outcome: 'upstream-failed', errorCode: 'ERR_UPSTREAM_UNREACHABLE' };
      for (const part of [
        { path: PODS, outcome: 'upstream-aborted' },
        { upgrade: 'websocket', status: 101, outcome: 'upstream-aborted' },
        { upgrade: 'SPDY/3.1', outcome: 'upstream-aborted' },
        { query: 'early', reused: true, ...lost },
        { query: 'late', reused: true, ...lost },
        { query: 'back', outcome: 'ok' },
      ]) {
        await expect
          .poll(() => ended(part), { timeout: 10_000, message: JSON.stringify(part) })
          .toHaveLength(1);
      }
    },
  );
});

function matches(line: Record<string, unknown>, part: object): boolean {
  return Object.entries(part).every(([name, value]) => line[name] === value);
}
