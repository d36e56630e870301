// What clients send that is secret.
import {
  APPLIED,
  base64,
  type Case,
  json,
  MAPS,
  raw,
  release,
  SECRETS,
  secret,
  secretYaml,
  YAML_TYPE,
} from './canary-messages.ts';

/** Sent by clients. */
export const REQUESTS: readonly Case[] = [
  { name: 'a Secret', line: `POST ${SECRETS}`, message: (c) => json(secret(c)) },
  { name: 'an update', line: `PUT ${SECRETS}/db`, message: (c) => json(secret(c)) },
  {
    name: 'a merge patch',
    line: `PATCH ${SECRETS}/db`,
    message: (c) => ({ ...json({ data: { a: base64(c) } }), type: 'application/merge-patch+json' }),
  },
  {
    name: 'a strategic merge patch',
    line: `PATCH ${SECRETS}/db`,
    message: (c) => ({
      ...json({ stringData: { a: c }, $setElementOrder: [] }),
      type: 'application/strategic-merge-patch+json',
    }),
  },
  {
    name: 'a JSON patch',
    line: `PATCH ${SECRETS}/db`,
    message: (c) => ({
      ...json([
        { op: 'test', path: '/data/a', value: c },
        { op: 'add', path: '/stringData', value: { a: c } },
      ]),
      type: 'application/json-patch+json',
    }),
  },
  {
    name: 'server-side apply',
    line: `PATCH ${SECRETS}/db`,
    message: (c) => raw(secretYaml(c), YAML_TYPE),
  },
  {
    name: 'last-applied-configuration',
    line: `PATCH ${SECRETS}/db`,
    message: (c) => ({
      ...json({ metadata: { annotations: { [APPLIED]: JSON.stringify(secret(c)) } } }),
      type: 'application/merge-patch+json',
    }),
  },
  {
    name: 'a Secret in a List',
    line: `POST /apis/example.com/v1/bundles`,
    message: (c) => json({ kind: 'List', apiVersion: 'v1', items: [{ kind: 'Pod' }, secret(c)] }),
  },
  {
    name: 'a Secret in a custom resource',
    line: `POST /apis/example.com/v1/bundles`,
    message: (c) => json({ kind: 'Bundle', spec: { resources: [{ manifest: secret(c) }] } }),
  },
  {
    name: 'a Secret in YAML in a ConfigMap',
    line: `POST ${MAPS}`,
    message: (c) => json({ kind: 'ConfigMap', data: { 'secret.yaml': secretYaml(c) } }),
  },
  {
    name: 'a Secret in JSON in a ConfigMap',
    line: `POST ${MAPS}`,
    message: (c) => json({ kind: 'ConfigMap', data: { a: JSON.stringify(secret(c)) } }),
  },
  {
    name: 'a Secret that looks like a step of a patch',
    line: 'POST /apis/example.com/v1/bundles',
    message: (c) => json({ kind: 'List', items: [{ op: 'a', path: '/b', ...secret(c) }] }),
  },
  {
    name: 'a helm release',
    line: `POST ${SECRETS}`,
    message: (c) => json({ ...secret(''), data: { release: release(c) } }),
  },
  {
    name: 'a helm release in a ConfigMap',
    line: `POST ${MAPS}`,
    message: (c) =>
      json({ kind: 'ConfigMap', data: { release: Buffer.from(release(c), 'base64').toString() } }),
  },
  {
    name: 'a bootstrap token',
    line: `POST /api/v1/namespaces/kube-system/secrets`,
    message: (c) =>
      json({
        ...secret(''),
        type: 'bootstrap.kubernetes.io/token',
        stringData: { 'token-id': 'abcdef', 'token-secret': c },
      }),
  },
  {
    name: 'a TokenReview',
    line: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
    message: (c) => json({ kind: 'TokenReview', spec: { token: c } }),
  },
];
