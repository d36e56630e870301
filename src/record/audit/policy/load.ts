import { closeSync, openSync, readSync } from 'node:fs';
import { PortholeError } from '../../../errors.ts';
import { printable, printableUpTo, quote } from '../../../printable.ts';
import { compilePolicy } from './decide.ts';
import { decodePolicy, type Remarks } from './decode.ts';
import type { Decide } from './policy.ts';
import { repeatedKeys } from './repeated-keys.ts';
import { validatePolicy } from './validate.ts';

export interface LoadedPolicy {
  readonly decide: Decide;
  /** Sentences: what of the file was passed over. */
  readonly warnings: readonly string[];
}

export interface PolicyOptions {
  /** The first document of YAML text; mappings as Maps, the last of duplicate keys. Throws for what is not YAML. */
  readonly readYaml: (text: string) => unknown;
}

/** A policy of this many bytes has some ten thousand rules. */
const MAX_BYTES = 1024 * 1024;
const API_VERSION = 'audit.k8s.io/v1';

/**
 * Reads an audit policy as kube-apiserver reads its `--audit-policy-file` (apiserver `pkg/audit/policy/reader.go`): YAML or
 * JSON of a `audit.k8s.io/v1` Policy. Unknown and duplicate fields are warned of, and else left alone.
 * @throws {PortholeError} `ERR_AUDIT_LOG`, with every problem of the file in one sentence
 */
export function loadPolicy(file: string, options: PolicyOptions): LoadedPolicy {
  let text: string;
  try {
    text = readText(file);
  } catch (error) {
    throw unusable(file, why(error), error);
  }
  return parsePolicy(text, file, options);
}

/** `loadPolicy` of a text that came out of `file`. */
export function parsePolicy(text: string, file: string, { readYaml }: PolicyOptions): LoadedPolicy {
  let document: unknown;
  try {
    document = readYaml(text);
  } catch (error) {
    throw unusable(file, error instanceof PortholeError ? error.message : 'not valid YAML', error);
  }
  const fields: ReadonlyMap<unknown, unknown> = document instanceof Map ? document : new Map();
  const misfit = document instanceof Map ? notAPolicy(fields) : 'it is not a mapping';
  if (misfit !== undefined)
    throw unusable(file, `${misfit}; begin it with "apiVersion: ${API_VERSION}, kind: Policy"`);
  const remarks: Remarks = { problems: [], strict: repeatedKeys(text) };
  const policy = decodePolicy(fields, remarks);
  const problems = remarks.problems.length > 0 ? remarks.problems : validatePolicy(policy);
  if (problems.length > 0) throw unusable(file, aggregate(problems));
  if (policy.rules.length === 0) throw unusable(file, 'loaded illegal policy with 0 rules');
  const warnings = remarks.strict.map(
    (remark) => `audit policy ${quote(file)}: ${printableUpTo(240, remark)}`,
  );
  return { decide: compilePolicy(policy), warnings };
}

/** What is wrong with the head of the file, if anything. A kind that is missing is taken for Policy, as by kube-apiserver. */
function notAPolicy(fields: ReadonlyMap<unknown, unknown>): string | undefined {
  const apiVersion = fields.get('apiVersion') ?? '';
  const kind = fields.get('kind') ?? '';
  if (apiVersion === '') return 'it has no apiVersion';
  if (typeof apiVersion !== 'string' || typeof kind !== 'string')
    return 'its apiVersion and kind must be strings';
  if (apiVersion === 'audit.k8s.io/v1beta1' || apiVersion === 'audit.k8s.io/v1alpha1')
    return `its apiVersion ${apiVersion} went out of use with Kubernetes 1.24, with the same fields`;
  if (apiVersion !== API_VERSION) return `its apiVersion is ${quote(apiVersion)}`;
  if (kind !== '' && kind !== 'Policy') return `its kind is ${quote(kind)}`;
  return undefined;
}

/** apimachinery's `Aggregate`: each problem once, in brackets where there are several. */
function aggregate(problems: readonly string[]): string {
  const each = [...new Set(problems)];
  return each.length === 1 ? each.join() : `[${each.join(', ')}]`;
}

class TooLarge extends Error {}

function readText(file: string): string {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    for (let length = 0; ; ) {
      const bytes = readSync(descriptor, buffer, length, buffer.length - length, null);
      if (bytes === 0) return buffer.toString('utf8', 0, length);
      length += bytes;
      if (length > MAX_BYTES) throw new TooLarge();
    }
  } finally {
    closeSync(descriptor);
  }
}

function why(error: unknown): string {
  if (error instanceof TooLarge) return 'it is larger than 1 MiB';
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'it is a directory';
    case 'EACCES':
    case 'EPERM':
      return 'no permission to read it';
    default:
      return error instanceof Error ? printable(error.message) : 'it can not be read';
  }
}

function unusable(file: string, reason: string, cause?: unknown): PortholeError {
  const sentence = `cannot use the audit policy ${quote(file)}: ${reason}`;
  return new PortholeError('ERR_AUDIT_LOG', sentence, { cause });
}
