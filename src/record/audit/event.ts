import type { UserInfo } from '../../credentials/identity.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import { cut, quoted } from '../json/json-text.ts';
import { maskPath, maskQuery } from '../mask/query.ts';
import type { BodyFacts } from './bodies.ts';
import { legacyLine } from './legacy.ts';
import { microTime } from './micro-time.ts';
import { objectRef } from './object-ref.ts';
import type { Level, Stage } from './policy/policy.ts';
import type { CallerTexts } from './user.ts';

const MAX_URI = 8 * 1024;
const MAX_TEXT = 1024;

/** What stands in one event and not in the others of its exchange. */
export interface EventFields {
  readonly stage: Stage;
  /** ms since the epoch, as the record's `time`. */
  readonly moment: number;
  /** Of the answer; undefined before there is one. */
  readonly code: number | undefined;
  /** `responseStatus` in JSON; '' before there is an answer. */
  readonly status: string;
  readonly facts: BodyFacts | undefined;
  /** Each with a comma before it. */
  readonly annotations: string;
}

/** Makes the lines of one exchange's events. What they have in common is made once. */
export interface EventLines {
  line(fields: EventFields): string;
}

/** `audit.k8s.io/v1 Event` in JSON, in the order of its Go type, what is empty left out as there. */
export class JsonEvents implements EventLines {
  readonly #start: string;
  readonly #asked: string;
  readonly #objectRef: string;
  readonly #received: string;
  readonly #record: ExchangeRecord;

  constructor(
    record: ExchangeRecord,
    level: Level,
    isResourceRequest: boolean,
    callers: CallerTexts,
  ) {
    this.#record = record;
    this.#start = `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"${level}","auditID":${text(record.auditID)},"stage":"`;
    this.#asked = asked(record, callers);
    this.#objectRef = isResourceRequest ? objectRef(record) : '';
    this.#received = microTime(record.time);
  }

  line({ stage, moment, status, facts, annotations }: EventFields): string {
    let line = `${this.#start}${stage}${this.#asked}`;
    const ref =
      facts?.object === undefined ? this.#objectRef : objectRef(this.#record, facts.object);
    if (ref !== '') line += `,"objectRef":${ref}`;
    if (status !== '') line += `,"responseStatus":${status}`;
    if (facts !== undefined && facts.requestObject !== '')
      line += `,"requestObject":${facts.requestObject}`;
    if (facts !== undefined && facts.responseObject !== '')
      line += `,"responseObject":${facts.responseObject}`;
    const at = stage === 'RequestReceived' ? this.#received : microTime(moment);
    line += `,"requestReceivedTimestamp":"${this.#received}","stageTimestamp":"${at}"`;
    if (annotations !== '') line += `,"annotations":{${annotations.slice(1)}}`;
    return `${line}}\n`;
  }
}

/** One line of text each, which says less. */
export class LegacyEvents implements EventLines {
  readonly #record: ExchangeRecord;
  readonly #impersonated: UserInfo | undefined;

  constructor(record: ExchangeRecord) {
    this.#record = record;
    this.#impersonated = record.impersonated;
  }

  line({ stage, code }: EventFields): string {
    const record = this.#record;
    return legacyLine(record, {
      stage,
      code,
      uri: requestUri(record),
      verb: verbOf(record),
      userAgent: cut(record.userAgent ?? '', MAX_TEXT),
      impersonated: this.#impersonated,
    });
  }
}

/** From behind the stage to what is known of the answer: what was asked, by whom. */
function asked(record: ExchangeRecord, callers: CallerTexts): string {
  const verb = quoted(cut(verbOf(record), MAX_TEXT));
  return `","requestURI":${quoted(requestUri(record))},"verb":${verb},${callers.of(record)}`;
}

function requestUri({ path, query }: ExchangeRecord): string {
  const shown = maskPath(path);
  return cut(query === '' ? shown : `${shown}?${maskQuery(query)}`, MAX_URI);
}

/** A request whose target could not be read has a method alone. */
function verbOf({ verb, method, apiVersion }: ExchangeRecord): string {
  return verb === '' && apiVersion === '' ? method.toLowerCase() : verb;
}

function text(value: string): string {
  return quoted(cut(value, MAX_TEXT));
}
