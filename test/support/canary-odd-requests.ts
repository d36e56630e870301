// What clients send that is secret, and hard to read.
import { gzipSync } from 'node:zlib';
import {
  base64,
  type Case,
  deep,
  escaped,
  json,
  lengthOf,
  PROTOBUF,
  protobuf,
  raw,
  SECRETS,
  secret,
  secretYaml,
  utf16,
  YAML_TYPE,
} from './canary-messages.ts';

/** The same, in bodies that can not be read, or in two ways. */
export const ODD_REQUESTS: readonly Case[] = [
  {
    name: 'broken JSON',
    line: `POST ${SECRETS}`,
    message: (c) => raw(`${JSON.stringify(secret(c)).slice(0, -1)},`),
  },
  {
    name: 'JSON with comments',
    line: `POST ${SECRETS}`,
    message: (c) => raw(`/* a */ ${JSON.stringify(secret(c))} // b`),
  },
  {
    name: 'JSON with comments as YAML',
    line: `PATCH ${SECRETS}/db`,
    message: (c) => raw(`{"data": /* a */ {"a": "${c}"}, // b\n "c": 1}`, YAML_TYPE),
  },
  {
    name: 'JSON with a byte order mark',
    line: `POST ${SECRETS}`,
    message: (c) => raw(`\ufeff${JSON.stringify(secret(c))}`),
  },
  {
    name: 'UTF-16',
    line: `POST ${SECRETS}`,
    message: (c) => raw(utf16(JSON.stringify(secret(c))), 'application/json; charset=utf-16'),
  },
  {
    name: 'UTF-16 that does not say so',
    line: `POST ${SECRETS}`,
    message: (c) => raw(utf16(JSON.stringify(secret(c)))),
  },
  {
    name: 'YAML in UTF-16',
    line: `PATCH ${SECRETS}/db`,
    message: (c) => raw(utf16(secretYaml(c)), YAML_TYPE),
  },
  {
    name: 'escapes in JSON',
    line: `POST ${SECRETS}`,
    message: (c) => raw(`{"kind":"\\u0053ecret","data":{"a":"${escaped(c)}"}}`),
  },
  {
    name: 'escapes in JSON elsewhere',
    line: `POST /apis/example.com/v1/bundles`,
    message: (c) => raw(`{"kind":"\\u0053ecret","d\\u0061ta":{"a":"${escaped(c)}"}}`),
  },
  {
    name: 'data twice',
    line: `POST ${SECRETS}`,
    message: (c, plant) =>
      raw(`{"kind":"Secret","data":{"a":"${c}"},"data":{"b":"${plant('data twice, the other')}"}}`),
  },
  {
    name: 'kind twice',
    line: 'POST /apis/example.com/v1/bundles',
    message: (c) => raw(`{"kind":"ConfigMap","data":{"a":"${c}"},"kind":"Secret"}`),
  },
  {
    name: 'kind twice, the other way round',
    line: `POST ${SECRETS}`,
    message: (c) => raw(`{"kind":"Secret","data":{"a":"${c}"},"kind":"ConfigMap"}`),
  },
  {
    name: 'no kind',
    line: `POST ${SECRETS}`,
    message: (c) => json({ data: { a: c }, stringData: { b: c } }),
  },
  { name: 'no object', line: `POST ${SECRETS}`, message: (c) => json(c) },
  { name: 'text', line: `POST ${SECRETS}`, message: (c) => raw(secretYaml(c), 'text/plain') },
  { name: 'no type', line: `POST ${SECRETS}`, message: (c) => raw(secretYaml(c), '') },
  {
    name: 'YAML as JSON',
    line: `POST ${SECRETS}`,
    message: (c) => raw(secretYaml(c)),
  },
  {
    name: 'YAML with anchors',
    line: `PATCH ${SECRETS}/db`,
    message: (c) =>
      raw(`a: &a\n  x: ${c}\nkind: Secret\ndata: *a\nmetadata: {name: b}\n`, YAML_TYPE),
  },
  {
    name: 'YAML with merge keys',
    line: 'POST /apis/example.com/v1/bundles',
    message: (c) =>
      raw(
        `a: &a {kind: Secret}\nspec: {<<: *a, metadata: {name: b}, data: {x: ${c}}}\n`,
        'application/yaml',
      ),
  },
  {
    name: 'several YAML documents',
    line: `PATCH ${SECRETS}/db`,
    message: (c) => raw(`kind: ConfigMap\ndata: {a: b}\n---\n${secretYaml(c)}`, YAML_TYPE),
  },
  {
    name: 'YAML in binary',
    line: `PATCH ${SECRETS}/db`,
    message: (c) => raw(`kind: Secret\nx: !!binary ${base64(c)}\n`, YAML_TYPE),
  },
  {
    name: 'YAML without the space behind the colon',
    line: `PATCH ${SECRETS}/db`,
    message: (c) => raw(`kind: Secret\nstringData: {password:${c}}\n`, YAML_TYPE),
  },
  {
    name: 'YAML without any space',
    line: `PATCH ${SECRETS}/db`,
    message: (c) => raw(`{kind: Secret, stringData:${c}}\n`, YAML_TYPE),
  },
  {
    name: 'YAML in a list',
    line: `PATCH ${SECRETS}/db`,
    message: (c) => raw(`- kind: Secret\n- password:${c}\n`, YAML_TYPE),
  },
  { name: 'protobuf', line: `POST ${SECRETS}`, message: (c) => raw(protobuf(c), PROTOBUF) },
  {
    name: 'protobuf that calls itself JSON',
    line: `POST ${SECRETS}`,
    message: (c) => raw(protobuf(c)),
  },
  {
    name: 'CBOR',
    line: `POST ${SECRETS}`,
    message: (c) =>
      raw(
        Buffer.concat([Buffer.from('d9d9f7a16464617461', 'hex'), lengthOf(c)]),
        'application/cbor',
      ),
  },
  {
    name: 'a form',
    line: 'POST /oauth/token',
    message: (c) => raw(`grant_type=password&password=${c}`, 'application/x-www-form-urlencoded'),
  },
  {
    name: 'parts',
    line: `POST ${SECRETS}`,
    message: (c) =>
      raw(
        `--x\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(secret(c))}\r\n--x--\r\n`,
        'multipart/form-data; boundary=x',
      ),
  },
  {
    name: 'gzip',
    line: `POST ${SECRETS}`,
    message: (c) => ({ ...raw(gzipSync(JSON.stringify(secret(c)))), coding: 'gzip' }),
  },
  {
    name: 'gzip that does not say so',
    line: `POST ${SECRETS}`,
    message: (c) => raw(gzipSync(JSON.stringify(secret(c)))),
  },
  {
    name: 'a coding that it does not have',
    line: `POST ${SECRETS}`,
    message: (c) => ({ ...json(secret(c)), coding: 'gzip' }),
  },
  {
    name: 'a coding that nobody knows',
    line: `POST ${SECRETS}`,
    message: (c) => ({ ...json(secret(c)), coding: 'rot13' }),
  },
  {
    name: 'a coding twice',
    line: `POST ${SECRETS}`,
    message: (c) => ({
      ...raw(gzipSync(gzipSync(JSON.stringify(secret(c))))),
      coding: 'gzip, gzip',
    }),
  },
  {
    name: 'a Secret beyond --audit-max-body',
    line: `POST ${SECRETS}`,
    message: (c) =>
      json({ ...secret(c), metadata: { name: 'db', labels: { a: 'x'.repeat(300_000) } } }),
  },
  {
    name: 'a Secret with its data before --audit-max-body',
    line: `PUT ${SECRETS}/db`,
    message: (c) => json({ data: { a: c }, kind: 'Secret', x: 'x'.repeat(300_000) }),
  },
  { name: 'a Secret far down', line: 'POST /apis/a/v1/wrappers', message: (c) => json(deep(c)) },
  {
    name: 'a password elsewhere',
    line: 'POST /apis/a/v1/databases',
    message: (c) => json({ kind: 'Database', spec: { adminPassword: c } }),
  },
  {
    name: 'text to a health check',
    line: 'POST /healthz',
    message: (c) => raw(c, 'text/plain'),
  },
];
