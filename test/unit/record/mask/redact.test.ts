import { describe, expect, it } from 'vitest';
import { parseJson, toJson } from '../../../../src/record/json/json.ts';
import { type About, REDACTED, redact } from '../../../../src/record/mask/redact.ts';

const SECRETS: About = { apiGroup: '', resource: 'secrets', subresource: '' };
const PODS: About = { apiGroup: '', resource: 'pods', subresource: '' };
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJDQU5BUlkifQ.Q0FOQVJZ';
const PEM = '-----BEGIN RSA PRIVATE KEY-----\nCANARY\n-----END RSA PRIVATE KEY-----\n';

const secret = (): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'db', namespace: 'default', labels: { app: 'db' } },
  type: 'Opaque',
  immutable: true,
  data: { user: 'CANARY', password: 'CANARY' },
  stringData: { url: 'CANARY' },
});
const applied = (object: object): object => ({
  kind: 'PartialObjectMetadata',
  metadata: { name: 'db', annotations: { [LAST_APPLIED]: `${JSON.stringify(object)}\n` } },
});

describe('redact: a Secret', () => {
  it('keeps its shape, its keys, its type and its metadata, and no value', () => {
    expect(redact(secret(), SECRETS)).toEqual({
      ...secret(),
      data: { user: REDACTED, password: REDACTED },
      stringData: { url: REDACTED },
    });
  });

  it.each<[string, object]>([
    ['List', { kind: 'List', items: [secret()] }],
    ['Table', { kind: 'Table', rows: [{ cells: ['db', 2], object: secret() }] }],
    ['watch event', { type: 'ADDED', object: secret() }],
    [
      'AdmissionReview',
      { kind: 'AdmissionReview', request: { object: secret(), oldObject: secret() } },
    ],
    ['manifest in another object', { kind: 'ManifestWork', spec: { manifests: [secret()] } }],
    ['manifest as text', { kind: 'ConfigMap', data: { 'a.json': JSON.stringify(secret()) } }],
    ['step of a patch that is none', [{ op: 'a', path: '/b', ...secret() }]],
    ['list in a list', { kind: 'List', items: [{ kind: 'List', items: [secret()] }] }],
  ])('is found by its kind: %s', (_, value) => {
    const text = JSON.stringify(redact(value, PODS));
    expect(text).not.toContain('CANARY');
    expect(text).toContain('password');
    expect(text).toContain('db');
  });

  it.each<[string, unknown]>([
    [
      'items of a SecretList',
      { kind: 'SecretList', items: [{ metadata: {}, data: { a: 'CANARY' } }] },
    ],
    [
      'items of a metadata list',
      { kind: 'PartialObjectMetadataList', items: [{ data: { a: 'CANARY' } }] },
    ],
    [
      'objects of a Table',
      { kind: 'Table', rows: [{ cells: ['a'], object: { data: { a: 'CANARY' } } }] },
    ],
    ['a merge patch', { data: { a: 'CANARY', b: null } }],
    ['a patch of a data that is no object', { data: 'CANARY', stringData: ['CANARY'] }],
    ['a member with another case', { Data: { a: 'CANARY' }, DATA: 'CANARY' }],
    ['a member in the wrong place', { spec: { data: { a: 'CANARY' } }, type: { a: 'CANARY' } }],
    ['a kind in another case', { kind: 'secret', data: { a: 'CANARY' } }],
    ['a kind that pretends', { kind: 'FooList', data: 'CANARY', stringData: { a: 'CANARY' } }],
    ['a key that is none', { stringData: { 'password:CANARY': null }, 'data:CANARY': null }],
    ['no object at all', 'CANARY'],
    ['a list of texts', ['CANARY', ['CANARY']]],
  ])('is found by its resource: %s', (_, value) => {
    expect(JSON.stringify(redact(value, SECRETS))).not.toContain('CANARY');
  });

  it('tells what a patch removes', () => {
    expect(redact({ data: { a: null, b: 'CANARY' }, stringData: null }, SECRETS)).toEqual({
      data: { a: null, b: REDACTED },
      stringData: null,
    });
  });

  it.each([
    ['/data/a', 'CANARY'],
    ['/data', { a: 'CANARY' }],
    ['', { kind: 'Secret', data: { a: 'CANARY' } }],
    ['', 'CANARY'],
    ['/stringData/a~1b', 'CANARY'],
    ['//data', { a: 'CANARY' }],
    ['data/a', 'CANARY'],
    [`/metadata/annotations/${LAST_APPLIED.replace('/', '~1')}`, '{"data":{"a":"CANARY"}}'],
    ['/metadata/annotations', { [LAST_APPLIED]: '{"data":{"a":"CANARY"}}' }],
    ['/metadata', { annotations: { [LAST_APPLIED]: '{"data":{"a":"CANARY"}' } }],
    ['/type', { a: 'CANARY' }],
  ])('is not in the values of a JSON Patch: %s', (path, value) => {
    const patch = [
      { op: 'test', path: '/data/a', value: 'CANARY' },
      { op: 'add', path, value },
    ];
    const text = JSON.stringify(redact(patch, SECRETS));
    expect(text).not.toContain('CANARY');
    expect(text).toContain(JSON.stringify(path));
  });

  it('leaves what a JSON Patch says openly', () => {
    const patch = [
      { op: 'replace', path: '/metadata/labels/app', value: 'db' },
      { op: 'move', from: '/data/a', path: '/data/b' },
      { op: 'replace', path: '/type', value: 'Opaque' },
      { op: 'remove', path: '/data/c' },
    ];
    expect(redact(structuredClone(patch), SECRETS)).toEqual(patch);
  });

  it.each([PODS, SECRETS, undefined])(
    'is redacted within the last applied configuration',
    (about) => {
      const value = redact(applied(secret()), about) as { metadata: { annotations: object } };
      const text = Object.values(value.metadata.annotations)[0];
      expect(JSON.parse(text)).toMatchObject({ kind: 'Secret', data: { password: REDACTED } });
      expect(text).not.toContain('CANARY');
    },
  );

  it('hides annotations that hold copies of it, and shows the others', () => {
    const annotations = {
      'openshift.io/token-secret.value': 'CANARY',
      'objectset.rio.cattle.io/applied': 'H4sICANARY',
      'kubernetes.io/service-account.name': 'default',
    };
    expect(redact({ kind: 'Secret', metadata: { annotations } })).toEqual({
      kind: 'Secret',
      metadata: {
        annotations: {
          'openshift.io/token-secret.value': REDACTED,
          'objectset.rio.cattle.io/applied': REDACTED,
          'kubernetes.io/service-account.name': 'default',
        },
      },
    });
  });

  it('has no value under a key that JavaScript knows', () => {
    const value = parseJson(
      '{"kind":"Secret","data":{"__proto__":"CANARY","constructor":"CANARY"}}',
    );
    expect(toJson(redact(value))).toBe(
      '{"kind":"Secret","data":{"__proto__":"REDACTED","constructor":"REDACTED"}}',
    );
  });
});

describe('redact: tokens and keys', () => {
  it.each<[string, object]>([
    [
      'TokenRequest',
      { kind: 'TokenRequest', spec: { audiences: ['a'] }, status: { token: 'CANARY' } },
    ],
    ['TokenReview', { kind: 'TokenReview', spec: { token: 'CANARY' }, status: { error: 'a' } }],
    [
      'ExecCredential',
      { kind: 'ExecCredential', status: { token: 'CANARY', clientKeyData: 'CANARY' } },
    ],
    [
      'kubeconfig',
      {
        kind: 'Config',
        users: [
          { user: { token: 'CANARY', password: 'CANARY', 'client-key-data': 'CANARY' } },
          {
            user: {
              'auth-provider': { config: { 'refresh-token': 'CANARY', 'client-secret': 'CANARY' } },
            },
          },
        ],
      },
    ],
    [
      'custom resource',
      { kind: 'Database', spec: { adminPassword: 'CANARY', apiKey: 'CANARY', tokens: ['CANARY'] } },
    ],
    [
      'environment of a container',
      {
        kind: 'Pod',
        spec: {
          containers: [
            {
              env: ['DB_PASSWORD', 'API_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'DB_PASS', 'secret'].map(
                (name) => ({ name, value: 'CANARY' }),
              ),
            },
          ],
        },
      },
    ],
    [
      'header field of a probe',
      { httpGet: { httpHeaders: [{ name: 'Authorization', value: 'Basic CANARY' }] } },
    ],
    ['number', { kind: 'Database', spec: { password: 4242 } }],
    ['patch of one', [{ op: 'replace', path: '/spec/adminPassword', value: 'CANARY' }]],
    ['OAuthClient', { kind: 'OAuthClient', secret: 'CANARY', additionalSecrets: ['CANARY'] }],
    ['last applied', applied({ kind: 'Database', spec: { password: 'CANARY' } })],
    ['ClusterSecret', { kind: 'ClusterSecret', data: { a: 'CANARY' } }],
    ['SealedSecret', { kind: 'SealedSecret', spec: { template: { stringData: { a: 'CANARY' } } } }],
    [
      'SealedSecretList',
      { kind: 'SealedSecretList', items: [{ spec: { template: { data: { a: 'CANARY' } } } }] },
    ],
  ])('hides them by name: %s', (_, value) => {
    const text = JSON.stringify(redact(value));
    expect(text).not.toContain('CANARY');
    expect(text).toContain(REDACTED);
  });

  it('hides a patch of an object named like Secrets by its resource', () => {
    const about = { apiGroup: 'example.com', resource: 'clustersecrets', subresource: '' };
    const patch = [{ op: 'add', path: '/data/a', value: 'CANARY' }];
    expect(JSON.stringify(redact([{ data: { a: 'CANARY' } }, ...patch], about))).not.toContain(
      'CANARY',
    );
  });

  it.each([
    ['a JSON Web Token', JWT],
    ['a private key', PEM],
    ['gzip in base64', 'H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA=='],
    ['a manifest in YAML', 'kind: Secret\nstringData:\n  a: CANARY\n'],
    ['manifests in JSON', '{"kind":"Secret","data":{"a":"CANARY"}}\n{}\n'],
    ['a private key in base64', Buffer.from(PEM).toString('base64')],
  ])('hides what is one by its looks: %s', (_, text) => {
    expect(redact({ kind: 'ConfigMap', data: { a: text } })).toEqual({
      kind: 'ConfigMap',
      data: { a: REDACTED },
    });
  });

  it('leaves what only speaks of them', () => {
    const value = {
      kind: 'Pod',
      metadata: {
        ownerReferences: [{ kind: 'Secret', name: 'db', uid: 'u' }],
        managedFields: [{ fieldsV1: { 'f:data': { 'f:password': {} } } }],
      },
      spec: {
        automountServiceAccountToken: true,
        imagePullSecrets: [{ name: 'registry' }],
        volumes: [
          { secret: { secretName: 'db' } },
          {
            projected: {
              sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 3607 } }],
            },
          },
        ],
        maxTokens: 4096,
        env: [
          { name: 'LOG_LEVEL', value: 'debug' },
          { name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
          { name: 'TOKEN', value: '' },
        ],
      },
      status: { message: 'Invalid value: "a": must be lower case' },
    };
    expect(redact(structuredClone(value), PODS)).toEqual(value);
    const list = {
      kind: 'ConfigMapList',
      metadata: { continue: 'eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ' },
    };
    expect(redact(structuredClone(list), PODS)).toEqual(list);
    const external = {
      kind: 'ExternalSecret',
      spec: { data: [{ secretKey: 'a', remoteRef: { key: 'b' } }] },
    };
    expect(redact(structuredClone(external))).toEqual(external);
    const sealed = { kind: 'SealedSecret', spec: { encryptedData: { a: 'AgB' } } };
    expect(redact(structuredClone(sealed))).toEqual(sealed);
  });

  it('leaves JSON in a string as it was written when nothing is hidden in it', () => {
    const text = '{ "kind": "Pod",  "n": 12345678901234567890 }\n';
    expect(redact({ metadata: { annotations: { [LAST_APPLIED]: text } } })).toEqual({
      metadata: { annotations: { [LAST_APPLIED]: text } },
    });
  });

  it('shows nothing of what is nested too deep to be looked at', () => {
    let value: unknown = { kind: 'Secret', data: { a: 'CANARY' } };
    for (let i = 0; i < 100_000; i++) value = [value];
    const text = `${'['.repeat(100_000)}"CANARY"${']'.repeat(100_000)}`;
    expect(JSON.stringify(redact([value, text]))).not.toContain('CANARY');
  });
});

describe('redact: messages of the API server', () => {
  it.each([
    'failed to create typed patch object: .data.p: expected string, got &{CANARY}',
    'admission webhook "a.b" denied the request: "CANARY" is too weak',
    'Secret "db" is invalid: data[password:CANARY]: Required value',
  ])('do not quote values of Secrets: %s', (message) => {
    const status = { kind: 'Status', message, details: { causes: [{ message, field: message }] } };
    expect(JSON.stringify(redact(status, SECRETS))).not.toContain('CANARY');
  });

  // As kube-apiserver 1.20 answers them.
  it.each([
    'Secret in version "v1" cannot be handled as a Secret: v1.Secret.Data: decode base64: illegal base64 data at input byte 6, error found in #10 byte of ...|ANARY"}}|..., bigger context ...|"data":{"x":"CANARY"}}|...',
    ' "" is invalid: patch: Invalid value: "{\\"data\\":{\\"p\\":\\"CANARY\\"}}": v1.Secret.ObjectMeta: illegal base64 data',
    ' "" is invalid: patch: Invalid value: "map[data:map[x:CANARY!]]": error decoding from json: illegal base64 data at input byte 7',
  ])('do not quote the body: %s', (message) => {
    const status = { kind: 'Status', message, details: { causes: [{ message, field: 'patch' }] } };
    for (const about of [PODS, SECRETS, undefined])
      expect(JSON.stringify(redact(structuredClone(status), about))).not.toContain('CANARY');
  });

  it('do not quote the body in a Status that is kept as text', () => {
    const text = '{"message":"wrong, error found in #1 byte of ...|CANARY|..."}';
    expect(JSON.stringify(redact({ data: text }))).not.toContain('CANARY');
  });

  it('quote a single value only where it is no secret', () => {
    const message = 'Invalid value: "CANARY": must be something else';
    expect(redact({ message }, PODS)).toEqual({ message });
    expect(redact({ kind: 'Status', message }, SECRETS)).toEqual({
      kind: 'Status',
      message: 'Invalid value: <masked>',
    });
  });
});
