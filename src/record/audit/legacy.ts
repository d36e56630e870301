import type { UserInfo } from '../../credentials/identity.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import { goQuote } from '../go-quote.ts';
import { rfc3339Nano } from './micro-time.ts';
import type { Stage } from './policy/policy.ts';

/** What an event says beside its record. */
export interface LegacyFields {
  readonly stage: Stage;
  /** Masked and cut. */
  readonly uri: string;
  readonly verb: string;
  readonly userAgent: string;
  readonly impersonated: UserInfo | undefined;
  /** Undefined before there is an answer. */
  readonly code: number | undefined;
}

/** An event as one line of `--audit-log-format=legacy` (`pkg/audit/format.go`, `EventString`), with its newline. */
export function legacyLine(record: ExchangeRecord, fields: LegacyFields): string {
  const { stage, uri, verb, userAgent, impersonated, code } = fields;
  const { username = '', groups = [] } = record.identity?.user ?? {};
  const asGroups = impersonated === undefined ? '<lookup>' : quotedList(impersonated.groups);
  return `${rfc3339Nano(record.time)} AUDIT: id=${goQuote(record.auditID)} stage="${stage}" ip=${goQuote(
    record.clientAddress || '<unknown>',
  )} method=${goQuote(verb)} user=${goQuote(username || '<none>')} groups=${goQuote(
    username === '' || groups.length === 0 ? '<none>' : quotedList(groups),
  )} as=${goQuote(impersonated?.username ?? '<self>')} asgroups=${goQuote(
    asGroups || '<lookup>',
  )} user-agent=${goQuote(userAgent)} namespace=${goQuote(record.namespace || '<none>')} uri=${goQuote(
    uri,
  )} response="${code ?? '<deferred>'}"\n`;
}

function quotedList(texts: readonly string[]): string {
  return texts.map(goQuote).join(',');
}
