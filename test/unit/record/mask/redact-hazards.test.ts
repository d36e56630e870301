import { describe, expect, it } from 'vitest';
import { toJson } from '../../../../src/record/json/json.ts';
import { maskField } from '../../../../src/record/mask/field.ts';
import { redact } from '../../../../src/record/mask/redact.ts';

const table = (name: string, cell: unknown) => ({
  kind: 'Table',
  apiVersion: 'meta.k8s.io/v1',
  columnDefinitions: [{ name: 'Name' }, { name }],
  rows: [{ cells: ['web', cell], object: { kind: 'PartialObjectMetadata' } }],
});

describe('a Table of custom resources', () => {
  it.each(['Password', 'token', 'API Key', ' Client-Secret '])('shows no cell of %s', (name) => {
    for (const cell of ['CANARY', 12, ['CANARY'], { a: 'CANARY' }]) {
      const [row] = (redact(table(name, cell)) as ReturnType<typeof table>).rows;
      expect(row?.cells).toEqual(['web', 'REDACTED']);
    }
  });

  it('shows other cells, but for what is a secret by its looks', () => {
    expect(redact(table('Secrets', 3))).toEqual(table('Secrets', 3));
    const jwt = `eyJhbGciOiJub25lIn0.${'a'.repeat(20)}.b`;
    const data = { kind: 'Secret', data: { a: 'CANARY' } };
    for (const cell of [jwt, data, JSON.stringify(data)])
      expect(toJson(redact(table('Status', cell)))).not.toMatch(/CANARY|eyJ/);
  });

  it('may have columns and rows that are none', () => {
    for (const columnDefinitions of [undefined, null, 'x', [null, 1, {}, { name: 1 }]])
      expect(redact({ ...table('a', 'b'), columnDefinitions })).toMatchObject({
        rows: [{ cells: ['web', 'b'] }],
      });
    const odd = { kind: 'Table', rows: [null, 1, { cells: 'x' }, { cells: null }] };
    expect(redact(structuredClone(odd))).toEqual(odd);
  });
});

describe('strings that look like JSON', () => {
  it('are looked into only so often where they are none, and hidden from then on', () => {
    const texts = (redact(Array(3000).fill('[x]')) as string[]).map((text) => text === '[x]');
    expect(texts[0]).toBe(true);
    expect(texts.at(-1)).toBe(false);
    expect(texts.lastIndexOf(true)).toBe(texts.indexOf(false) - 1);
    const secret = '{"kind":"Secret","data":{"a":"CANARY"}}';
    expect(toJson(redact([...Array(3000).fill('{x}'), secret]))).not.toContain('CANARY');
  });

  it('are no reason to hide when they do not end so, or are JSON', () => {
    const lines = [...Array(3000).fill('[info] all is well'), ...Array(3000).fill('[1]')];
    expect(redact([...lines])).toEqual(lines);
    expect(redact([...lines, '\n {"token":"CANARY"}\n'])).toContain('{"token":"REDACTED"}');
  });
});

describe('text with the manifest of a Secret in it', () => {
  const manifest = JSON.stringify({ kind: 'Secret', data: { a: 'CANARY' } });
  const quoted = JSON.stringify(manifest);
  it.each([
    quoted,
    `payload=${JSON.stringify(quoted)}`,
    JSON.stringify('kind: Secret\ndata:\n  a: CANARY\n'),
  ])('is hidden in quotes too: %s', (text) => {
    expect(redact({ kind: 'ConfigMap', data: { text } })).toEqual({
      kind: 'ConfigMap',
      data: { text: 'REDACTED' },
    });
  });
});

describe('a Warning', () => {
  it('that names a field with a value in it shows neither', () => {
    const warning = String.raw`299 - "unknown field \"passwd:CANARY\""`;
    expect(maskField('Warning', warning)).toBe(String.raw`299 - "unknown field \"<masked>\""`);
  });

  it('is shown as it is otherwise', () => {
    const warning = String.raw`299 - "unknown field \"spec.containers[0].imge\": see docs"`;
    expect(maskField('warning', warning)).toBe(warning);
  });
});
