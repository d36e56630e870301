import { describe, expect, it } from 'vitest';
import type { Content } from '../../../../src/record/body/content.ts';
import { omitManagedFields } from '../../../../src/record/body/managed-fields.ts';
import { objectMeta } from '../../../../src/record/body/object-meta.ts';

/** Answers of kube-apiserver 1.20: the Service `kubernetes`, and the list that it is in. */
const SERVICE = Buffer.from(
  'azhzAAoNCgJ2MRIHU2VydmljZRKqBArUAwoKa3ViZXJuZXRlcxIAGgdkZWZhdWx0IgAqJDVmNjVmNjQ0LTBlYjYtNDA5Zi1hYjgzLTMyNTMwOTQ0NzliMDIDMTg5OABCCAjvxpHYBhAAWhYKCWNvbXBvbmVudBIJYXBpc2VydmVyWhYKCHByb3ZpZGVyEgprdWJlcm5ldGVzegCKAc4CCg5rdWJlLWFwaXNlcnZlchIGVXBkYXRlGgJ2MSIICO/GkdgGEAAyCEZpZWxkc1YxOpsCCpgCeyJmOm1ldGFkYXRhIjp7ImY6bGFiZWxzIjp7Ii4iOnt9LCJmOmNvbXBvbmVudCI6e30sImY6cHJvdmlkZXIiOnt9fX0sImY6c3BlYyI6eyJmOmNsdXN0ZXJJUCI6e30sImY6aXBGYW1pbHlQb2xpY3kiOnt9LCJmOnBvcnRzIjp7Ii4iOnt9LCJrOntcInBvcnRcIjo0NDMsXCJwcm90b2NvbFwiOlwiVENQXCJ9Ijp7Ii4iOnt9LCJmOm5hbWUiOnt9LCJmOnBvcnQiOnt9LCJmOnByb3RvY29sIjp7fSwiZjp0YXJnZXRQb3J0Ijp7fX19LCJmOnNlc3Npb25BZmZpbml0eSI6e30sImY6dHlwZSI6e319fRJNChsKBWh0dHBzEgNUQ1AYuwMiCAgAEKGYAhoAKAAaCDEwLjAuMC4xIglDbHVzdGVySVA6BE5vbmVCAFIAWgBgAGgAkgEIMTAuMC4wLjEaAgoAGgAiAA==',
  'base64',
);
const SERVICES = Buffer.from(
  'azhzAAoRCgJ2MRILU2VydmljZUxpc3QSuAQKCQoAEgMxOTUaABKqBArUAwoKa3ViZXJuZXRlcxIAGgdkZWZhdWx0IgAqJDVmNjVmNjQ0LTBlYjYtNDA5Zi1hYjgzLTMyNTMwOTQ0NzliMDIDMTg5OABCCAjvxpHYBhAAWhYKCWNvbXBvbmVudBIJYXBpc2VydmVyWhYKCHByb3ZpZGVyEgprdWJlcm5ldGVzegCKAc4CCg5rdWJlLWFwaXNlcnZlchIGVXBkYXRlGgJ2MSIICO/GkdgGEAAyCEZpZWxkc1YxOpsCCpgCeyJmOm1ldGFkYXRhIjp7ImY6bGFiZWxzIjp7Ii4iOnt9LCJmOmNvbXBvbmVudCI6e30sImY6cHJvdmlkZXIiOnt9fX0sImY6c3BlYyI6eyJmOmNsdXN0ZXJJUCI6e30sImY6aXBGYW1pbHlQb2xpY3kiOnt9LCJmOnBvcnRzIjp7Ii4iOnt9LCJrOntcInBvcnRcIjo0NDMsXCJwcm90b2NvbFwiOlwiVENQXCJ9Ijp7Ii4iOnt9LCJmOm5hbWUiOnt9LCJmOnBvcnQiOnt9LCJmOnByb3RvY29sIjp7fSwiZjp0YXJnZXRQb3J0Ijp7fX19LCJmOnNlc3Npb25BZmZpbml0eSI6e30sImY6dHlwZSI6e319fRJNChsKBWh0dHBzEgNUQ1AYuwMiCAgAEKGYAhoAKAAaCDEwLjAuMC4xIglDbHVzdGVySVA6BE5vbmVCAFIAWgBgAGgAkgEIMTAuMC4wLjEaAgoAGgAiAA==',
  'base64',
);

function content(value: unknown, body: Buffer = Buffer.alloc(0)): Content {
  return { contentType: '', bytes: 0, truncated: false, value, body, sha256: undefined };
}

describe('objectMeta', () => {
  it('reads JSON', () => {
    const metadata = { name: 'a', namespace: 'b', uid: 'c', resourceVersion: '12', labels: {} };
    expect(objectMeta(content({ kind: 'Pod', metadata }))).toEqual({
      name: 'a',
      namespace: 'b',
      uid: 'c',
      resourceVersion: '12',
    });
    expect(objectMeta(content({ metadata: { name: 1 } }))).toEqual({
      name: '',
      namespace: '',
      uid: '',
      resourceVersion: '',
    });
  });

  it.each([
    [undefined],
    [null],
    ['a'],
    [[{ op: 'test', path: '/metadata', value: { name: 'a' } }]],
    [{ kind: 'PodList', metadata: { resourceVersion: '1' }, items: [] }],
    [{ kind: 'DeleteOptions', preconditions: { uid: 'a' } }],
    [{ metadata: null }],
  ])('finds none in %j', (value) => {
    expect(objectMeta(content(value))).toBeUndefined();
  });

  it('reads protobuf, the beginning of which is enough', () => {
    const expected = {
      name: 'kubernetes',
      namespace: 'default',
      uid: '5f65f644-0eb6-409f-ab83-3253094479b0',
      resourceVersion: '189',
    };
    expect(objectMeta(content(undefined, SERVICE))).toEqual(expected);
    expect(objectMeta(content(undefined, SERVICE.subarray(0, 520)))).toEqual(expected);
    expect(objectMeta(content(undefined, SERVICE.subarray(0, 200)))).toBeUndefined();
  });

  it('finds none in a list, or in options, of protobuf', () => {
    expect(objectMeta(content(undefined, SERVICES))).toBeUndefined();
    // DeleteOptions{gracePeriodSeconds: 30}
    const options = Buffer.from(
      'k8s\0\x0a\x13\x0a\x02v1\x12\x0dDeleteOptions\x12\x02\x08\x1e',
      'latin1',
    );
    expect(objectMeta(content(undefined, options))).toBeUndefined();
  });

  it('reads any damage of protobuf without failing', () => {
    for (let at = 0; at < SERVICE.length; at++) {
      for (const byte of [0x00, 0x7f, 0x80, 0xff]) {
        const damaged = Buffer.from(SERVICE);
        damaged[at] = byte;
        objectMeta(content(undefined, damaged));
      }
      objectMeta(content(undefined, SERVICE.subarray(0, at)));
    }
    expect(
      objectMeta(content(undefined, Buffer.from(`k8s\0${'\xff'.repeat(100)}`, 'latin1'))),
    ).toBeUndefined();
  });
});

describe('omitManagedFields', () => {
  const object = (): object => ({ kind: 'Pod', metadata: { name: 'a', managedFields: [{}] } });
  const without = { kind: 'Pod', metadata: { name: 'a' } };

  it('takes them from an object, the items of a list and the rows of a Table', () => {
    expect(omitManagedFields(object())).toEqual(without);
    expect(
      omitManagedFields({ kind: 'List', metadata: {}, items: [object(), null, object()] }),
    ).toEqual({
      kind: 'List',
      metadata: {},
      items: [without, null, without],
    });
    expect(
      omitManagedFields({ kind: 'Table', rows: [{ cells: ['a'], object: object() }, null, {}] }),
    ).toEqual({
      kind: 'Table',
      rows: [{ cells: ['a'], object: without }, null, {}],
    });
  });

  it.each([
    [null],
    ['a'],
    [[{ op: 'add', path: '/metadata/managedFields', value: [] }]],
    [{ kind: 'Deployment', spec: { template: { metadata: { managedFields: [] } } } }],
    [{ kind: 'Pod', metadata: 'a' }],
  ])('leaves %j', (value) => {
    expect(omitManagedFields(structuredClone(value))).toEqual(value);
  });
});
