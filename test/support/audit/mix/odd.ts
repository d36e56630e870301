// What is about no object, and what hardly a client asks.
import type { Asker } from './asking.ts';

const NOT_RESOURCES = [
  ...[
    '/',
    '/api',
    '/api/',
    '/apis',
    '/apis/',
    '/api/v1',
    '/apis/apps',
    '/apis/apps/v1',
    '/version',
  ],
  ...['/version/', '/healthz', '/healthz/ping', '/livez', '/livez?verbose', '/readyz', '/metrics'],
  ...[
    '/openapi/v2?timeout=32s',
    '/apis/none.example',
    '/apis/none.example/v1',
    '/nothing',
    '/logs',
  ],
  ...[
    '/version?token=planted&pretty=1',
    '/api?access_token=planted',
    '/.well-known/openid-configuration',
  ],
  ...['/openid/v1/jwks', '/debug/pprof/', '/apis/apps/v9', '/ui', '/nothing%20here'],
];

const READS = [
  ...[
    '/api/v1/pods',
    '/api/v1/nodes',
    '/api/v1/nodes/node-1',
    '/api/v1/namespaces',
    '/api/v1/events',
  ],
  ...[
    '/api/v1/namespaces/default',
    '/api/v1/namespaces/default/',
    '/api/v1/namespaces/default/pods/',
  ],
  ...['/api/v1/namespaces/default/services/kubernetes', '/api/v1/componentstatuses'],
  ...['/api/v1/namespaces/none/pods', '/api/v1/namespaces/default/pods/none', '/api/v1/nothing'],
  ...['/api/v1/namespaces/default/nothing/x', '/apis/apps/v1/deployments', '/apis/none/v1/things'],
  ...[
    '/apis/apps/v1/namespaces/project1/deployments/frontend',
    '/api/v9/pods',
    '/apis/apps/v9/pods',
  ],
  ...['/api/v1/namespaces/default/pods/web-0/nothing', '/api/v1/namespaces/default/pods/web-0/log'],
  ...['/api/v1/namespaces/default/pods?limit=1&continue=nonsense', '/api/v1/pods?limit=x'],
  ...[
    '/api/v1/pods?fieldSelector=nonsense',
    '/api/v1/pods?labelSelector=%3D%3D',
    '/api/v1/pods?watch=0',
  ],
  ...['/api/v1/pods?fieldSelector=metadata.name%3Dweb-0', '/api/v1/pods?resourceVersion=0'],
  ...['/api/v1/pods?resourceVersion=99999999&timeoutSeconds=1', '/api/v1/pods?resourceVersion=x'],
  ...['/api/v1/pods?resourceVersion=1&resourceVersionMatch=Exact', '/api/v1/pods?token=planted'],
  ...[
    '/apis/coordination.k8s.io/v1/leases',
    '/apis/coordination.k8s.io/v1/namespaces/default/leases/a',
  ],
  ...[
    '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/view',
  ],
  ...['/apis/storage.k8s.io/v1/storageclasses', '/apis/policy/v1beta1/podsecuritypolicies'],
  ...[
    '/api/v1/namespaces/default/pods/a%20b',
    '/api/v1/namespaces/default/pods/%C3%BC',
    '/api//v1/pods',
  ],
  ...[
    '//api/v1/namespaces/default/pods',
    '/api/v1//namespaces/default/pods',
    '/api/v1/proxy/nodes/node-1',
  ],
  ...['/api/v1/namespaces/default/services/none/proxy/', '/api/v1/nodes/none/proxy/metrics'],
  ...[
    '/api/v1/namespaces/default/services/http:none:80/proxy/a?b=c',
    '/api/v1/namespaces/default/pods/web-0/proxy/',
  ],
];

export async function oddReads(asker: Asker): Promise<void> {
  for (const path of [...NOT_RESOURCES, ...READS]) {
    await asker.ask(path);
    await asker.ask(path, { method: 'HEAD' });
  }
  for (const path of READS.slice(0, 12))
    for (const Accept of ['application/yaml', 'application/vnd.kubernetes.protobuf', 'image/png'])
      await asker.ask(path, { headers: { Accept } });
}

export async function oddWrites(asker: Asker): Promise<void> {
  const maps = '/api/v1/namespaces/default/configmaps';
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'odd' } };
  const paths = [
    '/',
    '/version',
    '/healthz',
    '/nothing',
    '/api/v1',
    '/api/v1/pods',
    maps,
    `${maps}/odd`,
  ];
  for (const path of paths)
    for (const method of ['OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'])
      if (method !== 'DELETE' || path !== maps) await asker.ask(path, { method });
  for (const path of ['/version', '/apis/none.example/v1/x', `${maps}/odd/nothing`])
    for (const method of ['POST', 'PUT', 'DELETE']) await asker.ask(path, { method, body });
  await asker.ask(maps, { method: 'POST', body: '{"kind":' });
  await asker.ask(maps, { method: 'POST', body: '[]' });
  await asker.ask(maps, { method: 'POST', body: { ...body, kind: 'Pod' } });
  await asker.ask(maps, { method: 'POST', body: { ...body, apiVersion: 'v9' } });
  await asker.ask(maps, { method: 'POST', body: { ...body, metadata: { name: 'Bad Name' } } });
  await asker.ask(maps, { method: 'POST', body: { ...body, data: { count: 1 } } });
  await asker.ask(maps, {
    method: 'POST',
    body: { ...body, metadata: { name: 'a', namespace: 'b' } },
  });
  await asker.ask('/api/v1/namespaces/none/configmaps', { method: 'POST', body });
  await asker.ask(maps, {
    method: 'POST',
    body: 'text',
    headers: { 'Content-Type': 'text/plain' },
  });
  const pods = maps.replace('configmaps', 'pods');
  const empty = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'empty' }, spec: {} };
  await asker.ask(pods, { method: 'POST', body: empty });
  await asker.ask(`${pods}?dryRun=nonsense`, { method: 'POST', body: empty });
  await asker.ask(`${maps}/odd`, {
    method: 'DELETE',
    body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: 'x' } },
  });
  await asker.ask(`${maps}/odd`, { method: 'DELETE', body: '{"kind":' });
}

/** What porthole refuses. */
export async function refused(asker: Asker): Promise<void> {
  const pods = '/api/v1/namespaces/default/pods';
  await asker.expect(405, pods, { method: 'TRACE' });
  await asker.expect(403, pods, { headers: { Origin: 'https://elsewhere.example' } });
  await asker.expect(403, pods, { headers: { Host: 'elsewhere.example' } });
  await asker.expect(400, `${pods}/%2e%2e/secrets`);
}

export async function oddHeads(asker: Asker): Promise<void> {
  const headers = (fields: Record<string, string>) => ({ headers: fields });
  await asker.ask('/api/v1/pods', headers({ 'User-Agent': `long/${'x'.repeat(2_000)}` }));
  await asker.ask('/api/v1/pods', headers({ 'User-Agent': '' }));
  await asker.ask('/api/v1/nodes/none', headers({ 'User-Agent': 'curl/8.5.0' }));
  await asker.ask('/api/v1/pods', headers({ 'Audit-ID': 'chosen-by-the-client' }));
  await asker.ask(
    '/api/v1/pods',
    headers({ 'Kubectl-Command': 'kubectl get', 'Kubectl-Session': 's' }),
  );
  await asker.ask(`/api/v1/pods?labelSelector=app+in+(${'x'.repeat(60)},${'y,'.repeat(5_000)}z)`);
  await asker.ask(`/api/v1/pods?labelSelector=app%3D"<&>"`);
}
