import type { RequestHead } from '../../http1/message.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import { toJson } from '../json/json.ts';
import { redact } from '../mask/redact.ts';
import type { Content } from './content.ts';

/** Where the API server answers a word or two about itself, in plain text. */
const HEALTH = /^\/(?:healthz|livez|readyz)(?:\/|$)/;

/**
 * Whether bodies are left alone: those of watches and tunnels have no end, and what pods log and workloads answer may be
 * anything.
 */
export function keepsNoBodies(
  { longRunning, subresource }: ExchangeRecord,
  { upgrade }: RequestHead,
): boolean {
  return longRunning || subresource === 'log' || upgrade !== undefined;
}

/**
 * What may be shown of a message as text: JSON (for YAML, too) without secrets, and what health checks say. Undefined for
 * all else: no secret can be found in what was not understood, and pods' logs, kubelets' files and protobuf hold some.
 * Changes the content's value.
 */
export function shownText(content: Content, record: ExchangeRecord): string | undefined {
  const end = content.body.at(-1) === 0x0a ? '\n' : '';
  if (content.value !== undefined) return toJson(redact(content.value, record)) + end;
  const { method, path } = record;
  if (content.truncated || method !== 'GET' || !HEALTH.test(path)) return undefined;
  return /^text\/plain(?:;|$)/i.test(content.contentType) ? content.body.toString() : undefined;
}
