import type { ExchangeRecord } from '../exchange-record.ts';
import { maskPath } from '../mask/query.ts';

/** `pods/default/web-0/log`, `deployments.apps/default/web`, `nodes/n1`; the path when the request names no resource. */
export function objectOf(record: ExchangeRecord): string {
  if (record.resource === '') return maskPath(record.path) || '-';
  const kind = record.apiGroup === '' ? record.resource : `${record.resource}.${record.apiGroup}`;
  // Requests for a namespace carry it as namespace and as name.
  const namespace = record.resource === 'namespaces' ? '' : record.namespace;
  return [kind, namespace, record.name, record.subresource].filter((s) => s !== '').join('/');
}

/** kubectl says which of its commands is calling; of others the first product of the User-Agent (RFC 9110 10.1.5). */
export function programOf(record: ExchangeRecord): string {
  return record.kubectlCommand || record.userAgent?.trim().split(' ', 1)[0] || '-';
}

/** The verb, of others than Kubernetes' requests the method in lower case. */
export function verbOf(record: ExchangeRecord): string {
  return record.verb || record.method.toLowerCase() || '-';
}

/** A watch or a followed log, say. What is passed on to a workload may be a stream, but is mostly a page. */
export function isStream({ longRunning, verb, subresource }: ExchangeRecord): boolean {
  return longRunning && verb !== 'proxy' && subresource !== 'proxy';
}

/**
 * Text of others, bounded, with everything escaped that a terminal could act upon or that shows as nothing: controls (C0,
 * DEL, C1), line and paragraph separators, and format characters such as those that turn the direction of writing.
 */
export function visible(text: string, max: number): string {
  const bounded = text.length <= max ? text : `${text.slice(0, max)}...`;
  return bounded.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return code <= 0xff ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 4)}}`;
  });
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/** `13:05:10.885`, where porthole runs. */
export function clock(time: number): string {
  const date = new Date(time);
  const two = (n: number) => String(n).padStart(2, '0');
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}

/** `8.10ms`, `812ms`, `61.5s`. */
export function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(2)}ms`;
  if (ms < 10_000) return `${ms.toFixed(0)}ms`;
  return `${(ms / 1000).toFixed(1)}s`;
}

/** `310B`, `2.6kB`, `1.2MB`. */
export function bytes(n: number): string {
  if (n < 1000) return `${n}B`;
  if (n < 1e6) return `${(n / 1e3).toFixed(1)}kB`;
  return n < 1e9 ? `${(n / 1e6).toFixed(1)}MB` : `${(n / 1e9).toFixed(1)}GB`;
}
