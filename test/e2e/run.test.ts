import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { clientEnv, kubectl } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { run } from '../support/process.ts';

const PORTHOLE = fileURLToPath(new URL('../../bin/porthole.js', import.meta.url));
const CHART = fileURLToPath(new URL('../fixtures/tiny-chart', import.meta.url));
const NAMESPACE = 'run';

describeOnCluster('porthole run', (cluster) => {
  const { certificateData, none } = cluster.kubeconfigs;

  /** Runs a command that finds kubectl and helm, and whose own environment names no cluster. */
  function through(flags: readonly string[], command: readonly string[], input = '') {
    const args = ['run', `--kubeconfig=${certificateData}`, `--namespace=${NAMESPACE}`, ...flags];
    const env = clientEnv(cluster, none);
    return run(process.execPath, [PORTHOLE, ...args, '--', ...command], { env, input });
  }

  beforeAll(async () => {
    await kubectl(cluster, ['create', 'namespace', NAMESPACE]);
  });

  it.each([{ flags: [] }, { flags: ['--tls'] }, { flags: ['--tls', '--require-token'] }])(
    '$flags: kubectl get pods prints what it prints without porthole',
    async ({ flags }) => {
      const get = ['get', 'pods', '--all-namespaces', '-o', 'name'];
      const direct = await kubectl(cluster, get);
      expect(direct).toMatch(/^pod\//);
      expect(await through(flags, ['kubectl', ...get])).toEqual({
        code: 0,
        signal: null,
        stdout: direct,
        stderr: '',
      });
    },
  );

  it('kubectl get pods finds the namespace of the flags', async () => {
    expect(await through([], ['kubectl', 'get', 'pods'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: `No resources found in ${NAMESPACE} namespace.\n`,
    });
  });

  describe.each([{ flags: [] }, { flags: ['--tls', '--require-token'] }])('$flags', ({ flags }) => {
    it('helm installs, lists and uninstalls a chart', async () => {
      const helm = (...args: string[]) => through(flags, ['helm', ...args]);
      expect(await helm('install', 'greeter', CHART)).toMatchObject({ code: 0 });
      const list = await helm('list', '-o', 'json');
      expect(list).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.parse(list.stdout)).toMatchObject([{ name: 'greeter', namespace: NAMESPACE }]);
      expect(await helm('uninstall', 'greeter')).toMatchObject({ code: 0 });
    });
  });

  it('gives the exit code and the words of a kubectl that fails', async () => {
    expect(await through([], ['kubectl', 'get', 'pod', 'missing'])).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: 'Error from server (NotFound): pods "missing" not found\n',
    });
  });

  it('runs a whole script, whose commands share the proxy and stdin', async () => {
    const manifest = JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'scripted' },
    });
    const script = 'kubectl apply -f - && kubectl delete configmap scripted';
    const { code, stdout } = await through([], ['sh', '-ec', script], manifest);
    expect([code, stdout]).toEqual([
      0,
      `configmap/scripted created\nconfigmap "scripted" deleted from ${NAMESPACE} namespace\n`,
    ]);
  });
});
