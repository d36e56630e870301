import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { HeaderList } from '../http1/header-list.ts';
import { parseHttpDate } from './http-date.ts';

/** What tells one state of a file from the next (RFC 9110 section 8.8). */
export interface Validators {
  /** Strong, with its quotes. */
  readonly etag: string;
  /** Milliseconds since the epoch, whole seconds; undefined for the epoch itself, which means unknown, as in Go. */
  readonly modified: number | undefined;
}

/** The bytes `[start, start + length)`. */
export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

const ENTITY_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

/** Validators of a file or directory. The tag is a hash, since inode numbers are nobody's business. */
export function validatorsOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): Validators {
  const state = [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  const seconds = Number(mtimeNs / 1_000_000_000n);
  return {
    etag: `"${createHash('sha256').update(state).digest('base64url').slice(0, 22)}"`,
    modified: seconds === 0 ? undefined : seconds * 1000,
  };
}

/**
 * The status that the preconditions of a GET or HEAD ask for, in the order of RFC 9110 section 13.2.2; 200 when they let
 * it pass.
 */
export function judge(headers: HeaderList, { etag, modified }: Validators): 200 | 304 | 412 {
  const ifMatch = field(headers, 'if-match');
  const ifNoneMatch = field(headers, 'if-none-match');
  if (ifMatch !== undefined) {
    if (!names(ifMatch, etag)) return 412;
  } else if (isAfter(modified, field(headers, 'if-unmodified-since')) === true) {
    return 412;
  }
  if (ifNoneMatch !== undefined) {
    return names(ifNoneMatch, etag) || names(ifNoneMatch, `W/${etag}`) ? 304 : 200;
  }
  return isAfter(modified, field(headers, 'if-modified-since')) === false ? 304 : 200;
}

/**
 * What a GET for a file of `size` bytes asks for by Range and If-Range (RFC 9110 sections 13.1.5 and 14.2). Several
 * ranges, and units other than bytes, ask for the whole.
 */
export function rangeOf(
  headers: HeaderList,
  validators: Validators,
  size: number,
): ByteRange | 'whole' | 'unsatisfiable' {
  const set = /^bytes=(.*)$/i.exec(field(headers, 'range') ?? '')?.[1];
  // The whole of an empty file too: clients that ask for the first bytes of everything get it so (Go as well).
  if (set === undefined || size === 0 || !ifRangeHolds(headers, validators)) return 'whole';
  const specs = set.split(',').filter((spec) => spec.trim() !== '');
  if (specs.length !== 1) return 'whole';
  return parseSpec((specs[0] as string).trim(), size) ?? 'unsatisfiable';
}

/** RFC 9110 section 14.1.2. */
function parseSpec(spec: string, size: number): ByteRange | undefined {
  const [, first = '', last = ''] = /^(\d*)-(\d*)$/.exec(spec) ?? [];
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? undefined : { start: size - length, length };
  }
  const start = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  return start < end ? { start, length: end - start } : undefined;
}

function ifRangeHolds(headers: HeaderList, { etag, modified }: Validators): boolean {
  const ifRange = field(headers, 'if-range');
  if (ifRange === undefined || ifRange === etag) return true;
  return modified !== undefined && parseHttpDate(ifRange) === modified;
}

/** Whether a list of entity tags has exactly this one, which is strong comparison for a strong one. */
function names(list: string, etag: string): boolean {
  return list === '*' || (list.match(ENTITY_TAG)?.includes(etag) ?? false);
}

/** Undefined when either is unknown: then the condition is to be ignored. */
function isAfter(modified: number | undefined, date: string | undefined): boolean | undefined {
  const time = date === undefined ? undefined : parseHttpDate(date);
  if (time === undefined || modified === undefined) return undefined;
  return modified > time;
}

/** All lines of a field as one value (RFC 9110 section 5.3); a date that stands twice is none, then. Empty is absent. */
function field(headers: HeaderList, key: string): string | undefined {
  return headers.getAll(key).join(', ') || undefined;
}
