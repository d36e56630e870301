import { randomBytes } from 'node:crypto';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readYaml } from '../../../../src/kubeconfig/yaml.ts';
import { BodyCopy } from '../../../../src/record/body/body-copy.ts';
import { type Content, describeContent, readContent } from '../../../../src/record/body/content.ts';
import { toJson } from '../../../../src/record/json/json.ts';

function read(
  body: Buffer | string,
  type: string | undefined = 'application/json',
  coding?: string,
  limit = 64 * 1024,
): Content | Promise<Content> {
  const bytes = Buffer.from(body);
  const copy = new BodyCopy({ kind: 'close' }, limit, { left: 8 * 1024 * 1024 });
  copy.add(bytes);
  return readContent(copy, type, coding, readYaml);
}

describe('readContent: JSON and YAML', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json;as=Table;v=v1;g=meta.k8s.io',
    'Application/JSON',
    'application/json-patch+json',
    'application/merge-patch+json',
    'application/strategic-merge-patch+json',
    'application/apply-patch+yaml',
    'application/yaml',
    '',
    undefined,
  ])('reads JSON as %s', async (type) => {
    const content = await read('{"kind":"Pod"}', type);
    expect(content).toMatchObject({ value: { kind: 'Pod' }, bytes: 14, truncated: false });
    expect(content.sha256).toBeUndefined();
  });

  it.each(['application/yaml', 'application/apply-patch+yaml; charset=utf-8'])(
    'reads YAML as %s',
    async (type) => {
      const yaml =
        'kind: Pod\nmetadata: {name: a, __proto__: b}\nspec:\n- 1\n- null\n- *a\n'.replace(
          '*a',
          'yes',
        );
      const { value } = await read(yaml, type);
      expect(JSON.stringify(value)).toBe(
        '{"kind":"Pod","metadata":{"name":"a","__proto__":"b"},"spec":[1,null,true]}',
      );
    },
  );

  it.each<[string, string]>([
    ['application/vnd.kubernetes.protobuf', 'k8s\0abc'],
    ['application/cbor', '{"kind":"Pod"}'],
    ['text/plain', '{"kind":"Pod"}'],
    ['application/json; charset=utf-16', '{"kind":"Pod"}'],
    ['application/json', '{"kind":'],
    ['application/json', 'kind: Pod'],
    ['application/json', ''],
    ['application/yaml', 'a: [b'],
    ['application/json', '{12345678901234567890:1}'],
    ['application/json', '[012345678901234567890]'],
    ['application/json', '[1234567890123456789012.]'],
  ])('describes what it can not read: %s %s', async (type, body) => {
    const content = await read(body, type);
    expect(content.value).toBeUndefined();
    expect(content.body.toString()).toBe(body);
    expect(describeContent(content)).toMatch(
      new RegExp(`^${type}, ${body.length} bytes, sha256:[0-9a-f]{64}$`),
    );
  });

  it.each([
    ['[9007199254740993,-9223372036854775808,18446744073709551615]'],
    ['{"a":{"b":12345678901234567890.5},"c":"9007199254740993","\\\\\\"9007199254740993":1}'],
    ['["\\\\",9007199254740993,"\\"9007199254740993"]'],
    ['[0.1234567890123456789]'],
  ])('keeps numbers as they are written: %s', async (text) => {
    expect(toJson((await read(text)).value)).toBe(text);
  });

  it('takes the last of duplicate keys, as the API server does', async () => {
    expect((await read('{"data":{"a":"b"},"data":{}}')).value).toEqual({ data: {} });
  });

  it.each([
    ['arrays', '['.repeat(30_000) + ']'.repeat(30_000)],
    ['objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    [
      'aliases',
      `a: &a [${'x,'.repeat(99)}x]\nb: &b [${'*a,'.repeat(99)}*a]\nc: [${'*b,'.repeat(99)}*b]\n`,
    ],
    ['an alias of a long text', `a: &a ${'x'.repeat(10_000)}\nb: [${'*a,'.repeat(999)}*a]\n`],
  ])('does not read bombs: %s', async (_, text) => {
    for (const type of ['application/json', 'application/yaml'])
      expect((await read(text, type)).value).toBeUndefined();
  });

  it('reads no YAML that would keep the process busy, but JSON of that size', async () => {
    const text = JSON.stringify({ a: 'b'.repeat(70_000) });
    const large = 256 * 1024;
    expect((await read(text, 'application/yaml', undefined, large)).value).toBeDefined();
    expect(
      (await read(`# ${text}\na: b`, 'application/yaml', undefined, large)).value,
    ).toBeUndefined();
    expect((await read(`a: ${'b'.repeat(15_000)}`, 'application/yaml')).value).toBeDefined();
  });

  it('reads what is nested as deep as schemas are', async () => {
    const text = `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`;
    expect(toJson((await read(text)).value)).toBe(text);
  });
});

describe('readContent: content codings and limits', () => {
  const json = JSON.stringify({ kind: 'Pod', metadata: { name: 'a' } });

  it.each<[string, Buffer]>([
    ['gzip', gzipSync(json)],
    ['GZIP ', gzipSync(json)],
    ['x-gzip', gzipSync(json)],
    ['deflate', deflateSync(json)],
    ['br', brotliCompressSync(json)],
    ['identity', Buffer.from(json)],
  ])('reads %s', async (coding, bytes) => {
    const content = await read(bytes, 'application/json', coding);
    expect(content.value).toEqual(JSON.parse(json));
    expect(content.body.toString()).toBe(json);
    expect(content.bytes).toBe(bytes.length);
  });

  it.each<[string, Buffer]>([
    ['gzip', randomBytes(100)],
    ['gzip', gzipSync(json).subarray(0, 30)],
    ['gzip', Buffer.alloc(0)],
    ['zstd', Buffer.from(json)],
    ['gzip, br', Buffer.from(json)],
  ])('describes what can not be decoded: %s', async (coding, bytes) => {
    const content = await read(bytes, 'application/json', coding);
    expect(content).toMatchObject({ value: undefined, truncated: false, bytes: bytes.length });
    expect(content.body.length).toBe(0);
    expect(content.sha256).toHaveLength(64);
  });

  it('does not unpack a bomb', async () => {
    const bomb = gzipSync(JSON.stringify('a'.repeat(50 * 1024 * 1024)));
    const content = await read(bomb, 'application/json', 'gzip');
    expect(content).toMatchObject({ value: undefined, truncated: true, bytes: bomb.length });
    expect(content.body.length).toBe(0);
  });

  it.each<[string | undefined, Buffer]>([
    [undefined, Buffer.from(json)],
    ['gzip', gzipSync(json)],
  ])('reads nothing of what was not kept whole: %s', async (coding, bytes) => {
    const content = await read(bytes, 'application/json', coding, 10);
    expect(content).toMatchObject({ value: undefined, truncated: true, bytes: bytes.length });
    expect(describeContent(content)).toContain(`${bytes.length} bytes, truncated, sha256:`);
  });

  it('keeps no more of a Content-Type than it needs', async () => {
    expect((await read('x', `text/${'a'.repeat(10_000)}`)).contentType).toHaveLength(256);
  });
});
