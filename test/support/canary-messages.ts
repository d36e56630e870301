// Messages with a secret in them.
import { gzipSync } from 'node:zlib';

export const SECRETS = '/api/v1/namespaces/default/secrets';
export const PODS = '/api/v1/namespaces/default/pods';
export const MAPS = '/api/v1/namespaces/default/configmaps';
export const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
export const JSON_TYPE = 'application/json';
export const YAML_TYPE = 'application/apply-patch+yaml';
export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** A message with a secret in it. */
export interface Message {
  readonly type: string;
  readonly body: string | Buffer;
  readonly coding?: string;
}

/** What is sent, or answered, with a canary in it. */
export interface Case {
  readonly name: string;
  /** `POST /path`, without a query. */
  readonly line: string;
  readonly message: (canary: string, plant: (place: string) => string) => Message;
  readonly status?: string;
}

export const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');
export const json = (value: unknown): Message => ({ type: JSON_TYPE, body: JSON.stringify(value) });
export const raw = (body: string | Buffer, type = JSON_TYPE): Message => ({ type, body });
export const secret = (canary: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'db', namespace: 'default' },
  type: 'Opaque',
  data: { key: base64(canary) },
  stringData: { password: canary },
});
export const secretYaml = (canary: string) =>
  `apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: ${canary}\ndata:\n  key: ${base64(canary)}\n`;
export const failure = (message: string, extra: object = {}) =>
  json({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, ...extra });
export const escaped = (canary: string) =>
  [...canary].map((char) => `\\u00${char.charCodeAt(0).toString(16)}`).join('');
export const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
export const protobuf = (canary: string) =>
  Buffer.concat([Buffer.from('k8s\0\n\x0c\n\x02v1\x12\x06Secret\x12'), lengthOf(canary)]);
export const lengthOf = (text: string) => Buffer.from(`${String.fromCharCode(text.length)}${text}`);
/** An Unstructured Status in protobuf. */
export const protobufStatus = (message: string): Buffer => {
  const field = (number: number, bytes: Buffer) =>
    Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);
  const type = Buffer.concat([field(1, Buffer.from('v1')), field(2, Buffer.from('Status'))]);
  const status = Buffer.concat([
    field(2, Buffer.from('Failure')),
    field(3, Buffer.from(message)),
    field(4, Buffer.from('Invalid')),
  ]);
  return Buffer.concat([Buffer.from('k8s\0'), field(1, type), field(2, status)]);
};
export const release = (canary: string) =>
  base64(base64(gzipSync(JSON.stringify({ name: 'r', config: { password: canary } }))));
export const deep = (canary: string) => {
  let value: unknown = secret(canary);
  for (let i = 0; i < 300; i++) value = { spec: value };
  return { kind: 'Wrapper', apiVersion: 'a/v1', ...(value as object) };
};
