import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { Canaries, type Outputs } from '../support/canaries.ts';
import { REFUSED, secret } from '../support/canary-refusals.ts';
import { writeProxyKubeconfig } from '../support/cluster/kubeconfigs.ts';
import { clientEnv, expectSuccess, KubectlClient, kubectl } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { createRunningPod } from '../support/cluster/seed.ts';
import { type Finished, run } from '../support/process.ts';
import {
  type Everything,
  eventsIn,
  reviewed,
  startRecording,
} from '../support/recording-everything.ts';

const CHART = fileURLToPath(new URL('../fixtures/tiny-chart', import.meta.url));
// The tour of the README wants `default` to come first.
const NAMESPACE = 'secret-canaries';
const POD = 'canary';

interface Asked {
  readonly canaries: Canaries;
  readonly outputs: Outputs;
  readonly proxy: Everything;
  /** What clients printed. */
  readonly printed: string;
}

let runs = 0;

const base64 = (text: string) => Buffer.from(text).toString('base64');

describeOnCluster('L01, L02: canaries in a real cluster', (cluster) => {
  beforeAll(async () => {
    await kubectl(cluster, ['create', 'namespace', NAMESPACE]);
    await kubectl(cluster, ['create', 'serviceaccount', 'robot', '-n', NAMESPACE]);
    await createRunningPod(cluster, NAMESPACE, POD);
  });

  /** kubectl, helm and plain requests with secrets of all kinds. */
  async function ask(...flags: string[]): Promise<Asked> {
    const canaries = new Canaries();
    runs++;
    const plant = (place: string) => canaries.plant(place);
    const proxy = await startRecording(cluster.kubeconfigs.token, ['--log-format=json', ...flags]);
    const url = `http://127.0.0.1:${proxy.port}`;
    const client = new KubectlClient(cluster, url, NAMESPACE);
    let printed = '';
    const note = (done: Finished) => {
      printed += done.stdout + done.stderr;
    };
    const kube = async (args: string[], input = '') => note(await client.run(args, input));
    const api = async (method: string, path: string, type: string, body: string) => {
      const headers = { 'content-type': type };
      printed += await (await fetch(url + path, { method, headers, body })).text();
    };
    const secrets = `/api/v1/namespaces/${NAMESPACE}/secrets`;

    canaries.plantText("the kubeconfig's token", cluster.token);
    await kube(['create', 'secret', 'generic', 'one', `--from-literal=a=${plant('create')}`]);
    await kube(['apply', '-f', '-'], secret('two', { stringData: { a: plant('apply') } }));
    await kube(['apply', '-f', '-'], secret('two', { stringData: { a: plant('apply again') } }));
    await kube(
      ['apply', '--server-side', '-f', '-'],
      secret('three', { stringData: { a: plant('server-side apply') } }),
    );
    await kube(['replace', '-f', '-'], secret('one', { data: { a: base64(plant('replace')) } }));
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } };
    const listed = JSON.parse(secret('four', { stringData: { a: plant('list') } }));
    await kube(
      ['apply', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [config, listed] }),
    );
    for (const type of ['merge', 'strategic'])
      await kube([
        'patch',
        'secret',
        'one',
        `--type=${type}`,
        '-p',
        JSON.stringify({ stringData: { [type]: plant(`${type} patch`) } }),
      ]);
    await kube([
      'patch',
      'secret',
      'one',
      '--type=json',
      '-p',
      JSON.stringify([{ op: 'add', path: '/data/json', value: base64(plant('JSON patch')) }]),
    ]);
    for (const output of ['yaml', 'json', 'wide', 'name'])
      await kube(['get', 'secrets', '-o', output]);
    await kube(['get', 'secret', 'one', '-o', 'yaml', '--show-managed-fields']);
    printed += await (await fetch(`${url}${secrets}?watch=1&timeoutSeconds=1`)).text();
    for (const as of ['Table;v=v1;g=meta.k8s.io', 'PartialObjectMetadataList;v=v1;g=meta.k8s.io'])
      printed += await (
        await fetch(`${url}${secrets}?includeObject=Object`, {
          headers: { accept: `application/json;as=${as}` },
        })
      ).text();
    const protobuf = { accept: 'application/vnd.kubernetes.protobuf' };
    await (await fetch(url + secrets, { headers: protobuf })).arrayBuffer();

    // What the API server refuses, it quotes.
    for (const [i, [method, path, type, body]] of REFUSED.entries())
      await api(method, secrets + path, type, body(plant(`refused ${i}: ${method} ${type}`)));
    const number = canaries.plantNumber('a number');
    await api(
      'PATCH',
      `${secrets}/five?fieldManager=e2e`,
      'application/apply-patch+yaml',
      `apiVersion: v1\nkind: Secret\nmetadata: {name: five}\nstringData: {a: ${number}}\n`,
    );
    await api(
      'POST',
      secrets,
      'application/json',
      `{"kind":"Secret","apiVersion":"v1","stringData":{"a":${number}}}`,
    );

    const account = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/robot/token`;
    const request = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: ['a'] },
    };
    const answer = await fetch(url + account, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    const { status } = (await answer.json()) as { status: { token: string } };
    const [, claims = '', signature = ''] = status.token.split('.');
    canaries.plantText('claims of a token', claims.slice(0, 40));
    canaries.plantText('signature of a token', signature.slice(0, 40));
    for (const token of [status.token, plant('TokenReview')])
      await api(
        'POST',
        '/apis/authentication.k8s.io/v1/tokenreviews',
        'application/json',
        JSON.stringify({
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenReview',
          spec: { token },
        }),
      );

    const dir = mkdtempSync(join(cluster.dir, 'canaries-'));
    const env = clientEnv(cluster, writeProxyKubeconfig(join(dir, 'config'), url));
    for (const driver of ['secret', 'configmap']) {
      const args = [
        'install',
        `in-${driver}-${runs}`,
        CHART,
        `--namespace=${NAMESPACE}-${driver}`,
        '--create-namespace',
        `--set=password=${plant(`helm in ${driver}`)}`,
      ];
      expectSuccess(
        await run(join(cluster.assets, 'helm'), args, { env: { ...env, HELM_DRIVER: driver } }),
        args,
      );
      const list = ['get', 'values', `in-${driver}-${runs}`, `--namespace=${NAMESPACE}-${driver}`];
      note(await run(join(cluster.assets, 'helm'), list, { env: { ...env, HELM_DRIVER: driver } }));
    }

    await kube(['exec', '-i', POD, '--', 'cat'], plant('stdin of exec'));
    await kube([
      'exec',
      POD,
      '--',
      'sh',
      '-c',
      `echo ${plant('output of exec').split('').join('""')}`,
    ]);
    const outputs = { ...(await proxy.outputs()), ...(await reviewed(proxy.folder)) };
    return { canaries, outputs, proxy, printed };
  }

  it('reach clients, and no output', async () => {
    const { canaries, outputs, proxy, printed } = await ask();
    expect(canaries.find(outputs)).toEqual([]);
    expect(eventsIn(proxy.folder).length).toBeGreaterThan(100);
    const got = canaries.find({ printed });
    for (const place of [
      'apply again',
      'server-side apply',
      'merge patch',
      'strategic patch',
      'JSON patch',
      'helm in secret',
      'helm in configmap',
      'stdin of exec',
      'output of exec',
      'TokenReview',
    ])
      expect(got.filter((hit) => hit.startsWith(`${place} in printed`))).not.toEqual([]);
  });

  it('are found where secrets may be recorded', async () => {
    const { canaries, outputs } = await ask('--dangerously-record-secrets');
    const { 'audit.log': audit = '', 'all.har': har = '' } = outputs;
    for (const [name, text] of Object.entries({ audit, har })) {
      const missing = canaries.missing({ [name]: text });
      for (const place of ['apply', 'list', 'merge patch', 'JSON patch', 'TokenReview'])
        expect(missing).not.toContain(place);
    }
  });
});
