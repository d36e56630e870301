import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kill } from 'node:process';
import { expect, it, onTestFinished } from 'vitest';
import type { Cluster } from '../support/cluster/cluster.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { byPlugin, userKubeconfig } from '../support/cluster/user-kubeconfig.ts';
import { isGone, type Plugin, V1, writePlugin } from '../support/plugin.ts';
import { type ByHandOptions, type StartedByHand, startByHand } from '../support/terminal.ts';

const POD = '/api/v1/namespaces/default/pods/web-0';

/** Asks at the terminal, without echo, for what it then gives as the token. */
const ASKS = `
echo $$ >"$0.pid"
trap 'stty echo' EXIT
stty -echo
printf 'Password: ' >&2
read -r password
echo >&2
printf '{"kind":"ExecCredential","apiVersion":"${V1}","status":{"token":"%s"}}' "$password"`;

describeOnCluster('an exec plugin that asks at the terminal', (cluster) => {
  it('gets what is typed there, and requests that waited meanwhile are answered', async () => {
    const { porthole, plugin } = await startWithPlugin(cluster);
    const waiting = [get(porthole), get(porthole), get(porthole)];
    await porthole.waitFor(/^Password: /m);
    expect((await get(porthole, '/%zz')).status).toBe(400);
    porthole.type(`${cluster.token}\r`);
    // What happened meanwhile is told afterwards: the question stood alone.
    await porthole.waitFor(/ 400 /);
    expect(porthole.shown).toMatch(/^Password: \n/m);
    const statuses = (await Promise.all(waiting)).map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 200]);
    expect(plugin.runs()).toBe(1);
    await porthole.waitFor(/^obtained credentials: exec plugin /m);
    expect(porthole.shown).not.toContain(cluster.token);
  });

  it('is not run where there is no terminal, and clients are told why', async () => {
    const { porthole, plugin } = await startWithPlugin(cluster, { terminal: false });
    const answer = await get(porthole);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      kind: 'Status',
      message: expect.stringContaining(
        'exec plugin cannot support interactive mode: standard input is not a terminal',
      ),
    });
    expect(plugin.runs()).toBe(0);
  });

  it('ends with porthole when Ctrl-C is typed at its question', async () => {
    const { porthole, plugin } = await startWithPlugin(cluster);
    const waiting = get(porthole).then(({ status }) => status);
    await porthole.waitFor(/^Password: /m);
    porthole.type('\x03');
    expect((await porthole.exited).code).toBe(0);
    expect(await waiting).toBe(503);
    await isGone(porthole.pid);
    await isGone(Number(plugin.wrote('pid')));
  });

  it('ends with porthole when the window is closed at its question', async () => {
    const { porthole, plugin } = await startWithPlugin(cluster);
    get(porthole).catch(() => {});
    await porthole.waitFor(/^Password: /m);
    await porthole.hangUp();
    await isGone(porthole.pid);
    await isGone(Number(plugin.wrote('pid')));
  });
});

describeOnCluster('SIGHUP', (cluster) => {
  const kubeconfig = cluster.kubeconfigs.certificateData;

  it.each([{ underShell: false }, { underShell: true }])(
    'ends porthole when its terminal goes away (under a shell: $underShell)',
    async (options) => {
      const stderr = join(mkdtempSync(join(cluster.dir, 'hangup-')), 'stderr');
      const porthole = await start(cluster, { kubeconfig, stderr, ...options });
      expect((await get(porthole)).status).toBe(200);
      await porthole.hangUp();
      await isGone(porthole.pid);
      // Node 20 aborts, with a stack trace, when it exits after a hangup.
      const lines = readFileSync(stderr, 'utf8').trimEnd().split('\n');
      expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['request completed']);
    },
  );

  it.each([
    { at: 'its terminal', terminal: true },
    { at: "another session's terminal", underShell: true, ownSession: true },
    { at: 'no terminal', terminal: false },
  ])('makes porthole read the kubeconfig again, started at $at', async (options) => {
    const porthole = await start(cluster, { kubeconfig, ...options });
    kill(porthole.pid, 'SIGHUP');
    await porthole.waitFor(/kubeconfig read again: nothing has changed/);
    expect((await get(porthole)).status).toBe(200);
  });
});

async function start(cluster: Cluster, options: ByHandOptions): Promise<StartedByHand> {
  const porthole = await startByHand(cluster, options);
  onTestFinished(async () => void (await porthole.stop()));
  return porthole;
}

async function startWithPlugin(
  cluster: Cluster,
  options: Partial<ByHandOptions> = {},
): Promise<{ readonly porthole: StartedByHand; readonly plugin: Plugin }> {
  const plugin = writePlugin(ASKS);
  const kubeconfig = join(plugin.folder, 'kubeconfig');
  const user = byPlugin(plugin.command, { interactiveMode: 'Always' });
  writeFileSync(kubeconfig, userKubeconfig(cluster, { person: user }, 'person'));
  return { porthole: await start(cluster, { kubeconfig, ...options }), plugin };
}

function get({ port }: StartedByHand, path = POD): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`);
}
