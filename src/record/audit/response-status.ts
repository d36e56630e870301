import type { PortholeError } from '../../errors.ts';
import { toJson } from '../json/json.ts';
import { cut, escapeControls, quoted } from '../json/json-text.ts';
import { maskMessage } from '../mask/message.ts';
import type { About } from '../mask/redact.ts';

const MAX_MESSAGE = 4 * 1024;
const MAX_REASON = 256;
const MAX_DETAILS = 4 * 1024;

/** What is told of a `metav1.Status`. */
export interface StatusFields {
  readonly status?: string | undefined;
  readonly message?: string | undefined;
  readonly reason?: string | undefined;
  readonly details?: unknown;
}

const OK = '{"metadata":{},"code":200}';

/** `responseStatus` of an answer, and what its `Status` says where it is one (`AuditContext.LogResponseObject`). */
export function responseStatus(code: number, status?: StatusFields): string {
  if (status === undefined) return code === 200 ? OK : `{"metadata":{},"code":${code}}`;
  const fields =
    field('status', status.status, MAX_REASON) +
    field('message', status.message, MAX_MESSAGE) +
    field('reason', status.reason, MAX_REASON) +
    details(status.details);
  return `{"metadata":{}${fields},"code":${code}}`;
}

/** What porthole itself answers for an error, or would have. */
export function failureStatus({ status, reason, message }: PortholeError): string {
  return responseStatus(status, { status: 'Failure', message: `porthole: ${message}`, reason });
}

/**
 * The fields of a value that is a `Status`; undefined for all else. With `about`, without what API servers quote of the
 * body that they refuse: `causes` go too, which say in pieces what the message says as a whole.
 */
export function statusFields(value: unknown, about: About | undefined): StatusFields | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, apiVersion, status, message, reason, details } = value as Record<string, unknown>;
  if (kind !== 'Status' || apiVersion !== 'v1') return undefined;
  const sentence = text(message);
  return {
    status: text(status),
    message:
      sentence === undefined || about === undefined ? sentence : maskMessage(sentence, about),
    reason: text(reason),
    details: about === undefined ? details : withoutCauses(details),
  };
}

function withoutCauses(details: unknown): unknown {
  if (typeof details !== 'object' || details === null) return undefined;
  const { causes: _, ...rest } = details as Record<string, unknown>;
  return rest;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function field(name: string, value: string | undefined, max: number): string {
  return value === undefined || value === '' ? '' : `,"${name}":${quoted(cut(value, max))}`;
}

/** Left out when they are long: they are in the answer, and what matters of them in its message. */
function details(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  const object = escapeControls(toJson(value));
  return object === '{}' || object.length > MAX_DETAILS ? '' : `,"details":${object}`;
}
