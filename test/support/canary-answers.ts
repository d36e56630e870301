// What an API server answers that is secret.
import { deflateSync, gzipSync } from 'node:zlib';
import {
  APPLIED,
  type Case,
  failure,
  json,
  PODS,
  PROTOBUF,
  protobuf,
  protobufStatus,
  raw,
  SECRETS,
  secret,
} from './canary-messages.ts';

const KEYED = (c: string) => `data[password:${c}]`;

/** Answered by the API server. */
export const ANSWERS: readonly Case[] = [
  { name: 'a Secret', line: `GET ${SECRETS}/db`, message: (c) => json(secret(c)) },
  {
    name: 'a SecretList',
    line: `GET ${SECRETS}`,
    message: (c) =>
      json({ kind: 'SecretList', apiVersion: 'v1', items: [{ ...secret(c), kind: undefined }] }),
  },
  {
    name: 'a Table',
    line: `GET ${SECRETS}`,
    message: (c) =>
      json({ kind: 'Table', rows: [{ cells: ['db', 'Opaque', 1], object: secret(c) }] }),
  },
  {
    name: 'last-applied-configuration',
    line: `GET ${SECRETS}/db`,
    message: (c) =>
      json({ ...secret(''), metadata: { annotations: { [APPLIED]: JSON.stringify(secret(c)) } } }),
  },
  {
    name: 'last-applied-configuration in the metadata alone',
    line: `GET ${SECRETS}/db`,
    message: (c) =>
      json({
        kind: 'PartialObjectMetadata',
        metadata: { annotations: { [APPLIED]: JSON.stringify(secret(c)) } },
      }),
  },
  {
    name: 'a watch event',
    line: `GET /api/v1/watch/namespaces/default/secrets`,
    message: (c) => json({ type: 'ADDED', object: secret(c) }),
  },
  {
    name: 'a watch that nobody asked for',
    line: `GET ${SECRETS}`,
    message: (c) => raw(`${JSON.stringify({ type: 'ADDED', object: secret(c) })}\n`.repeat(2)),
  },
  {
    name: 'gzip',
    line: `GET ${SECRETS}`,
    message: (c) => ({ ...raw(gzipSync(JSON.stringify(secret(c)))), coding: 'gzip' }),
  },
  {
    name: 'deflate',
    line: `GET ${SECRETS}`,
    message: (c) => ({ ...raw(deflateSync(JSON.stringify(secret(c)))), coding: 'deflate' }),
  },
  {
    name: 'a TokenRequest',
    line: 'POST /api/v1/namespaces/default/serviceaccounts/default/token',
    message: (c) => json({ kind: 'TokenRequest', status: { token: c } }),
    status: '201 Created',
  },
  {
    name: 'a TokenReview',
    line: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
    message: (c) => json({ kind: 'TokenReview', spec: { token: c }, status: {} }),
    status: '201 Created',
  },
  {
    name: 'an OAuth token',
    line: 'POST /oauth/token',
    message: (c) => json({ access_token: c, refresh_token: c, id_token: c, expires_in: 1 }),
  },
  { name: 'a log', line: `GET ${PODS}/a/log`, message: (c) => raw(c, 'text/plain') },
  { name: 'a log in JSON', line: `GET ${PODS}/a/log`, message: (c) => json({ said: c }) },
  {
    name: "a workload's answer",
    line: `GET /api/v1/namespaces/default/services/a/proxy/x`,
    message: (c) => json({ said: c }),
  },
  {
    name: "a kubelet's file",
    line: `GET /api/v1/nodes/a/proxy/logs/x`,
    message: (c) => raw(c, 'text/plain'),
  },
  { name: 'a file', line: 'GET /logs/x', message: (c) => raw(c, 'text/plain') },
  { name: 'protobuf', line: `GET ${SECRETS}/db`, message: (c) => raw(protobuf(c), PROTOBUF) },
  ...[
    // As kube-apiserver says them of the body that it refuses.
    (c: string) => ` "" is invalid: patch: Invalid value: "{\\"data\\":{\\"p\\":\\"${c}\\"}}": x`,
    (c: string) => `Secret "db" is invalid: data[p]: Invalid value: "${c}": too long`,
    (c: string) => `Secret "db" is invalid: type: Unsupported value: "${c}": supported values: "a"`,
    (c: string) => `Secret "db" is invalid: ${KEYED(c)}: Required value`,
    (c: string) => `v1.Secret.Data: illegal base64, error found in #10 byte of ...|"${c}"}}|...`,
    (c: string) => `failed to create typed patch object: .data.p: expected string, got &{${c}}`,
    (c: string) =>
      `failed to create typed patch object: .data: expected map, got &value.valueUnstructured{Value:"${c}"}`,
    (c: string) => `admission webhook "a.b" denied the request: password "${c}" is too weak`,
    (c: string) => `error converting YAML to JSON: yaml: line 2: cannot unmarshal !!str \`${c}\``,
    (c: string) => `json: cannot unmarshal number ${c} into Go struct field`,
  ].map(
    (message, i): Case => ({
      name: `failure ${i}`,
      line: `PATCH ${SECRETS}/db`,
      message: (c, plant) => {
        const cause = { message: message(c), field: KEYED(plant(`field ${i}`)) };
        return failure(message(c), { reason: 'Invalid', code: 422, details: { causes: [cause] } });
      },
      status: '422 Unprocessable Entity',
    }),
  ),
  {
    name: 'a failure in protobuf',
    line: `PATCH ${SECRETS}/db`,
    message: (c) => raw(protobufStatus(`data[p]: Invalid value: "${c}": too long`), PROTOBUF),
    status: '422 Unprocessable Entity',
  },
  {
    name: 'a failure in text',
    line: `PATCH ${SECRETS}/db`,
    message: (c) => raw(`cannot read ${c}`, 'text/plain'),
    status: '500 Internal Server Error',
  },
];
