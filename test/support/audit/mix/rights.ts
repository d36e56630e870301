// Who may do what: tokens, reviews, certificates, Secrets, and those who may not.
import { readFileSync } from 'node:fs';
import { type Asker, objectOf } from './asking.ts';
import { MERGE, STEPS } from './objects.ts';

const CSR = readFileSync(new URL('../../../fixtures/audit/jane.csr', import.meta.url));

/** Secrets, where the policy has their metadata alone, and where it has all. */
export async function secrets(asker: Asker, namespace: string): Promise<void> {
  const all = `/api/v1/namespaces/${namespace}/secrets`;
  const metadata = { name: 'raw', annotations: { 'example.com/original': '{"data":"b2xk"}' } };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata };
  await asker.post(all, { ...secret, stringData: { password: 'planted' } });
  await asker.expect(200, all);
  await asker.expect(200, `${all}/raw`);
  await asker.patch(`${all}/raw`, MERGE, { stringData: { password: 'planted again' } });
  await asker.patch(`${all}/raw`, STEPS, [
    { op: 'add', path: '/data/more', value: 'cGxhbnRlZA==' },
  ]);
  await asker.ask(all, { method: 'POST', body: { ...secret, data: { bad: 'no base64!' } } });
  await asker.expect(200, `${all}/raw`, { method: 'DELETE' });
}

export async function reviews(asker: Asker, namespace: string): Promise<void> {
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } };
  await asker.post(accounts, account);
  const asking = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const made = await asker.post(`${accounts}/robot/token`, asking);
  const { token } = JSON.parse(made.body.toString()).status;
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
  await asker.post('/apis/authentication.k8s.io/v1/tokenreviews', review);
  await asker.ask('/api/v1/pods', { headers: { Authorization: `Bearer ${token}` } });
  const group = '/apis/authorization.k8s.io/v1';
  const version = { apiVersion: 'authorization.k8s.io/v1' };
  const attributes = { verb: 'list', resource: 'pods', namespace };
  const spec = { resourceAttributes: attributes };
  const kinds = ['SubjectAccessReview', 'SelfSubjectAccessReview', 'LocalSubjectAccessReview'];
  for (const kind of kinds) {
    const where = kind.startsWith('Local') ? `${group}/namespaces/${namespace}` : group;
    const user = kind.startsWith('Self') ? {} : { user: 'jane', groups: ['developers'] };
    const body = {
      ...version,
      kind,
      metadata: { namespace: undefined },
      spec: { ...spec, ...user },
    };
    await asker.ask(`${where}/${kind.toLowerCase()}s`, { method: 'POST', body });
  }
  const rules = { ...version, kind: 'SelfSubjectRulesReview', spec: { namespace } };
  await asker.post(`${group}/selfsubjectrulesreviews`, rules);
}

export async function certificates(asker: Asker): Promise<void> {
  const all = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  const spec = {
    request: CSR.toString('base64'),
    signerName: 'kubernetes.io/kube-apiserver-client',
    usages: ['client auth'],
  };
  const metadata = { name: 'jane' };
  const asking = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' };
  const made = objectOf(await asker.post(all, { ...asking, metadata, spec }));
  const approved = { type: 'Approved', status: 'True', reason: 'Known', message: 'it is Jane' };
  const body = { ...made, status: { conditions: [approved] } };
  await asker.expect(200, `${all}/jane/approval`, { method: 'PUT', body });
  await asker.expect(200, `${all}/jane`, { method: 'DELETE' });
}

/** Those whom the API server does not know. */
export async function strangers(asker: Asker): Promise<void> {
  const pods = '/api/v1/namespaces/default/pods';
  const as = (value: string) => ({ headers: { Authorization: value } });
  await asker.expect(200, pods);
  await asker.expect(401, pods, as('Bearer wrong'));
  await asker.expect(401, '/version', as('Bearer wrong'));
  await asker.expect(401, `${pods}?watch=true`, as('Bearer wrong'));
  await asker.expect(401, '/api/v1/namespaces/default/services', as('Bearer wrong'));
  for (const value of ['Basic d3Jvbmc6d3Jvbmc=', 'Nonsense'])
    await asker.expect(403, pods, as(value));
}

/** Requests that act for somebody else, who may do little. */
export async function actors(asker: Asker): Promise<void> {
  const pods = '/api/v1/namespaces/default/pods';
  const as = (headers: Record<string, string | readonly string[]>) => ({ headers });
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'mine' } };
  for (const user of ['jane', 'system:anonymous', 'system:serviceaccount:default:robot', 'Zoë']) {
    const headers = { 'Impersonate-User': Buffer.from(user).toString('latin1') };
    await asker.expect(403, pods, { headers });
    await asker.expect(403, `${pods}?watch=true`, { headers });
    await asker.expect(403, pods.replace('pods', 'configmaps'), { method: 'POST', headers, body });
    await asker.expect(403, `${pods}/web-0/exec?command=true`, { method: 'POST', headers });
  }
  const groups = { 'Impersonate-User': 'jane', 'Impersonate-Group': ['system:masters', 'others'] };
  await asker.expect(200, pods, as(groups));
  await asker.expect(200, pods, as({ ...groups, 'Impersonate-Extra-Scopes': ['view', 'edit'] }));
  await asker.expect(200, '/version', as(groups));
  await asker.expect(403, '/metrics', as({ 'Impersonate-User': 'jane' }));
  // A client certificate proves more than a token that is not known.
  await asker.expect(200, pods, as({ Authorization: 'Bearer wrong' }));
  await asker.ask(pods, as({ 'Impersonate-Group': 'others' }));
}
