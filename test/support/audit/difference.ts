import type { AuditEvent, EventPair, Unequal } from './comparison.ts';

/** Something that is not equal in porthole's audit log and in kube-apiserver's own: a row of the table in docs/audit.md. */
export interface Difference {
  /** The first cell. */
  readonly name: string;
  /** The second. */
  readonly why: string;
  readonly is: (unequal: Unequal) => boolean;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function answeredCode(event: AuditEvent | undefined): number {
  return Number(event?.responseStatus?.['code']);
}

export function isFailure(event: AuditEvent | undefined): boolean {
  return answeredCode(event) >= 400;
}

/** What porthole says of a body that it does not show. */
export function bodyNote(path: string, { ours }: EventPair): string {
  const part = path === 'requestObject' ? 'request' : 'response';
  return ours?.annotations?.[`porthole/${part}-body`] ?? '';
}

/** An answer without a body, of which the API server tells what would be in it. */
export function isAfterHead(path: string, { ours, theirs }: EventPair): boolean {
  if (ours?.stage !== 'ResponseComplete') return false;
  if (ours.annotations?.['porthole/bytes-out'] !== undefined) return false;
  if (path === 'responseObject') return true;
  return isFailure(theirs) && /^responseStatus\.(?:status|reason)$/.test(path);
}

/** Whether the API server shows the object that it has decoded, and not the bytes that were sent. */
export function isDecoded({ ours }: EventPair): boolean {
  return ours?.verb === 'create' || ours?.verb === 'update';
}

/** As an object of the request's own group would have it: `apps/v1`. */
export function groupVersion(ref: AuditEvent['objectRef']): string {
  const { apiGroup = '', apiVersion = '' } = ref ?? {};
  return apiGroup === '' ? apiVersion : `${apiGroup}/${apiVersion}`;
}
