import { beforeAll, expect, it } from 'vitest';
import { KubectlClient, kubectl } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { startPorthole } from '../support/proxies.ts';

const NAMESPACE = 'kubectl-objects';

describeOnCluster('kubectl through porthole', (cluster) => {
  let client: KubectlClient;
  const data = (name: string) =>
    kubectl(cluster, ['get', 'configmap', name, '-n', NAMESPACE, '-o', 'jsonpath={.data}']);

  beforeAll(async () => {
    await kubectl(cluster, ['create', 'namespace', NAMESPACE]);
    const proxy = await startPorthole(cluster);
    client = new KubectlClient(cluster, proxy.url, NAMESPACE);
    return () => proxy.stop();
  });

  it('gets objects, and says "not found" as the API server does', async () => {
    expect(await client.ok(['get', 'namespace', NAMESPACE, '-o', 'name'])).toBe(
      `namespace/${NAMESPACE}\n`,
    );
    const missing = await client.run(['get', 'configmap', 'missing']);
    expect(missing).toMatchObject({
      code: 1,
      stderr: 'Error from server (NotFound): configmaps "missing" not found\n',
    });
  });

  it('creates', async () => {
    const created = await client.ok(['create', '-f', '-'], configMap('created', { a: '1' }));
    expect(created).toBe('configmap/created created\n');
    expect(await data('created')).toBe('{"a":"1"}');
  });

  it('applies, and applies again', async () => {
    const apply = ['apply', '-f', '-'];
    expect(await client.ok(apply, configMap('applied', { a: '1', b: '1' }))).toMatch(/created/);
    expect(await client.ok(apply, configMap('applied', { a: '2' }))).toMatch(/configured/);
    expect(await data('applied')).toBe('{"a":"2"}');
    const serverSide = [...apply, '--server-side', '--force-conflicts'];
    expect(await client.ok(serverSide, configMap('applied', { a: '3' }))).toMatch(/applied$/m);
    expect(await data('applied')).toBe('{"a":"3"}');
  });

  it.each([
    { type: 'merge', patch: '{"data":{"a":null,"b":"merge"}}' },
    { type: 'strategic', patch: '{"data":{"a":null,"b":"strategic"}}' },
    {
      type: 'json',
      patch: '[{"op":"remove","path":"/data/a"},{"op":"add","path":"/data/b","value":"json"}]',
    },
  ])('edits by a $type patch', async ({ type, patch }) => {
    const name = `patched-${type}`;
    await client.ok(['create', 'configmap', name, '--from-literal=a=1']);
    await client.ok(['patch', 'configmap', name, `--type=${type}`, '-p', patch]);
    expect(await data(name)).toBe(JSON.stringify({ b: type }));
  });

  it('deletes, and waits until the object is gone', async () => {
    await client.ok(['create', 'configmap', 'doomed']);
    expect(await client.ok(['delete', 'configmap', 'doomed'])).toMatch(/"doomed" deleted/);
    expect(await client.ok(['get', 'configmap', 'doomed', '--ignore-not-found'])).toBe('');
  });

  it('watches: each event arrives while the watch is open', async () => {
    await client.ok(['create', 'configmap', 'watched', '--from-literal=a=1']);
    const watching = client.start([
      'get',
      'configmap',
      'watched',
      '-w',
      '--output-watch-events',
      '-o',
      'json',
    ]);
    try {
      await watching.waitFor('stdout', /"type": ?"ADDED"/);
      await client.ok(['patch', 'configmap', 'watched', '-p', '{"data":{"a":"2"}}']);
      await watching.waitFor('stdout', /"type": ?"MODIFIED"/);
      await client.ok(['delete', 'configmap', 'watched']);
      await watching.waitFor('stdout', /"type": ?"DELETED"/);
    } finally {
      await watching.stop();
    }
  });
});

function configMap(name: string, data: Record<string, string>): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
}
