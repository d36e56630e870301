import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { harEntry } from '../../src/record/har/entry.ts';

type Entry = ReturnType<typeof harEntry>;

/** What porthole writes. */
export interface HarFile {
  readonly log: {
    readonly version: string;
    readonly creator: { readonly name: string; readonly version: string };
    readonly entries: readonly Entry[];
    readonly comment?: string;
  };
}

/** As much of JSON Schema as the schema needs. */
interface Schema {
  readonly $ref?: string;
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean';
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly format?: 'date-time' | 'uri' | 'ip';
  readonly definitions?: Readonly<Record<string, Schema>>;
}

const ROOT: Schema = JSON.parse(
  readFileSync(new URL('../fixtures/har-1.2.schema.json', import.meta.url), 'utf8'),
);

/** Reads an archive. Throws when it is not JSON, or not an HTTP Archive 1.2. */
export function readHar(text: string): HarFile {
  const value: unknown = JSON.parse(text);
  const problems = [...violations(value, ROOT, '')];
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return value as HarFile;
}

/** Where and how `value` is not as the schema wants it. */
function* violations(value: unknown, schema: Schema, path: string): Generator<string> {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? '';
    yield* violations(value, ROOT.definitions?.[name] ?? {}, path);
    return;
  }
  if (schema.type !== undefined && !isOf(value, schema.type)) {
    yield `${path}: ${JSON.stringify(value)} is no ${schema.type}`;
    return;
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) yield `${path}: not in the enum`;
  if (typeof value === 'number' && value < (schema.minimum ?? value)) yield `${path}: too small`;
  if (typeof value === 'string' && !isFormatted(value, schema.format))
    yield `${path}: ${value} is no ${schema.format}`;
  if (Array.isArray(value))
    for (const [i, item] of value.entries())
      yield* violations(item, schema.items ?? {}, `${path}/${i}`);
  else if (schema.properties !== undefined) yield* ofObject(value as object, schema, path);
}

function* ofObject(value: object, schema: Schema, path: string): Generator<string> {
  for (const name of schema.required ?? []) if (!(name in value)) yield `${path}/${name}: missing`;
  for (const [name, member] of Object.entries(value)) {
    const known = schema.properties?.[name];
    if (known !== undefined) yield* violations(member, known, `${path}/${name}`);
    else if (!name.startsWith('_')) yield `${path}/${name}: not in HAR 1.2`;
  }
}

function isOf(value: unknown, type: Schema['type']): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object')
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function isFormatted(text: string, format: Schema['format']): boolean {
  switch (format) {
    case 'date-time':
      return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text);
    case 'uri':
      return URL.canParse(text);
    case 'ip':
      return isIP(text) !== 0;
    default:
      return true;
  }
}
