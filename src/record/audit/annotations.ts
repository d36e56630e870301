import type { IdentitySource } from '../../credentials/identity.ts';
import type { HeaderList } from '../../http1/header-list.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import { cut, quoted } from '../json/json-text.ts';
import { maskMessage, maskWarning } from '../mask/message.ts';

const MAX_TEXT = 1024;
const MAX_FIELD = 128;

/** Of a body that is not in an event as an object. */
export interface BodyNotes {
  /** `audit.k8s.io/truncated`: an object was left out because of its size. */
  readonly truncated: boolean;
  /** What its type, size and hash are; '' where there is nothing to say. */
  readonly request: string;
  readonly response: string;
}

const SOURCES: Readonly<Record<IdentitySource, string>> = {
  SelfSubjectReview: ',"porthole/identity-source":"SelfSubjectReview"',
  'client certificate': ',"porthole/identity-source":"client certificate"',
  'token claims': ',"porthole/identity-source":"token claims"',
  kubeconfig: ',"porthole/identity-source":"kubeconfig"',
  unknown: ',"porthole/identity-source":"unknown"',
};

/**
 * Who asked, as annotations that every event of an exchange has, each with a comma before it. The keys of
 * `finalAnnotations` are sorted around them, as Go sorts a map.
 */
export function whoAnnotations({ identity, kubectlCommand, kubectlSession }: ExchangeRecord) {
  return (
    (identity === undefined ? '' : SOURCES[identity.source]) +
    annotation('kubectl-command', kubectlCommand, MAX_TEXT) +
    annotation('kubectl-session', kubectlSession, MAX_FIELD)
  );
}

/** All annotations of an exchange's last event: who asked, how it ended, and where the time went. */
export function finalAnnotations(
  record: ExchangeRecord,
  who: string,
  answer: HeaderList | undefined,
  notes: BodyNotes | undefined,
): string {
  return (
    (notes?.truncated ? ',"audit.k8s.io/truncated":"true"' : '') +
    (record.bytesIn === 0 ? '' : `,"porthole/bytes-in":"${record.bytesIn}"`) +
    (record.bytesOut === 0 ? '' : `,"porthole/bytes-out":"${record.bytesOut}"`) +
    (record.errorCode === undefined ? '' : `,"porthole/error":"${record.errorCode}"`) +
    annotation('flow-schema-uid', answer?.get('x-kubernetes-pf-flowschema-uid'), MAX_FIELD) +
    who +
    wait('auth', record.authMs) +
    wait('connect', record.connectMs) +
    latency('total', record.durationMs) +
    latency('ttfb', record.ttfbMs) +
    (record.outcome === 'ok' ? '' : `,"porthole/outcome":"${record.outcome}"`) +
    annotation('priority-level-uid', answer?.get('x-kubernetes-pf-prioritylevel-uid'), MAX_FIELD) +
    annotation('request-body', notes?.request, MAX_TEXT) +
    annotation('response-body', notes?.response, MAX_TEXT) +
    (record.replayed ? ',"porthole/retries":"1"' : '') +
    annotation('retry-after', answer?.get('retry-after'), MAX_FIELD) +
    (answer?.has('warning') ? annotation('warnings', warnings(answer, record), MAX_TEXT) : '')
  );
}

function annotation(key: string, value: string | undefined, max: number): string {
  return value === undefined || value === '' ? '' : `,"porthole/${key}":${quoted(cut(value, max))}`;
}

/** An API server and its webhooks may quote in them what they were sent. */
function warnings(answer: HeaderList, record: ExchangeRecord): string {
  const shown = answer.getAll('warning').map((value) => maskMessage(maskWarning(value), record));
  return shown.join(', ');
}

/** Most requests wait for neither a credential nor a connection: that is not worth its bytes. */
function wait(part: string, ms = 0): string {
  return ms < 1 ? '' : latency(part, ms);
}

/** To a microsecond: more digits are noise of the clock. What took no time that can be told is left out. */
function latency(part: string, ms: number | undefined): string {
  if (ms === undefined) return '';
  const micros = Math.round(ms * 1000);
  if (micros === 0) return '';
  const fraction = String(1000 + (micros % 1000)).slice(1);
  return `,"porthole/latency-${part}":"${Math.floor(micros / 1000)}.${fraction}ms"`;
}
