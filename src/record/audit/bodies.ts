import type { RequestHead } from '../../http1/message.ts';
import type { OutgoingHead } from '../../server/exchange.ts';
import { BodyCopy, type CopyBudget } from '../body/body-copy.ts';
import { type Content, describeContent, type ReadYaml, readContent } from '../body/content.ts';
import { omitManagedFields } from '../body/managed-fields.ts';
import { type ObjectMeta, objectMeta } from '../body/object-meta.ts';
import { PROTOBUF_MAGIC } from '../body/protobuf.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import { toJson } from '../json/json.ts';
import { escapeControls } from '../json/json-text.ts';
import { redact } from '../mask/redact.ts';
import type { BodyNotes } from './annotations.ts';
import type { Decision } from './policy/policy.ts';
import { protobufStatus } from './protobuf-status.ts';
import { type StatusFields, statusFields } from './response-status.ts';

/** The most of an answer that is read for the `Status` that it may be. */
const MAX_STATUS = 16 * 1024;
/** How API servers begin every Status: in JSON, for people too (`?pretty`, curl), and in YAML, as many other objects. */
const STATUS = /^(?:\{\s*"kind": ?"Status"|apiVersion: v1\n)/;
/** Bytes, more than STATUS needs. */
const BEGINNING = 32;

/** Verbs whose request carries the object that it is about. */
const WITH_OBJECT: ReadonlySet<string> = new Set(['create', 'update']);
/** Verbs whose request body is recorded: `LogRequestObject` and `LogRequestPatch` are called for no others. */
const WITH_BODY: ReadonlySet<string> = new Set([
  ...['create', 'update', 'patch', 'delete', 'deletecollection'],
]);

export interface BodyOptions {
  /** Longer bodies are left out. */
  readonly maxBodyBytes: number;
  /** What all copies together may hold. */
  readonly budget: CopyBudget;
  readonly recordSecrets: boolean;
  readonly readYaml: ReadYaml | undefined;
}

/** What an exchange's events need to know of it to choose bodies. */
export interface BodySubject {
  readonly record: ExchangeRecord;
  readonly request: RequestHead;
  readonly decision: Decision;
  readonly isResourceRequest: boolean;
  readonly longRunning: boolean;
}

/** What an exchange's bodies say. */
export interface BodyFacts {
  readonly object: ObjectMeta | undefined;
  readonly status: StatusFields | undefined;
  /** JSON, without secrets; '' for none. */
  readonly requestObject: string;
  readonly responseObject: string;
  readonly notes: BodyNotes;
}

const UNREADABLE: BodyFacts = {
  object: undefined,
  status: undefined,
  requestObject: '',
  responseObject: '',
  notes: { truncated: true, request: '', response: '' },
};

/** Copies of those bodies of one exchange that its last event tells of. */
export class Bodies {
  readonly #options: BodyOptions;
  readonly #subject: BodySubject;
  #request: BodyCopy | undefined;
  #response: BodyCopy | undefined;
  #responseType = '';
  #responseCoding: string | undefined;

  constructor(options: BodyOptions, subject: BodySubject) {
    this.#options = options;
    this.#subject = subject;
  }

  copyRequest(): void {
    const { maxBodyBytes, budget } = this.#options;
    this.#request = new BodyCopy(this.#subject.request.framing, maxBodyBytes, budget);
  }

  copyResponse({ framing }: OutgoingHead, limit: number, type: string, coding?: string): void {
    this.#response = new BodyCopy(framing, limit, this.#options.budget);
    this.#responseType = type;
    this.#responseCoding = coding;
  }

  addToRequest(bytes: Buffer): void {
    this.#request?.add(bytes);
  }

  addToResponse(bytes: Buffer): void {
    this.#response?.add(bytes);
  }

  /** Reads what was copied and lets go of it. Called once. A promise only where a body has a content coding; never rejects. */
  read(): BodyFacts | Promise<BodyFacts> {
    const { headers } = this.#subject.request;
    const { readYaml } = this.#options;
    // As kube-apiserver reads it, who decodes no request and asks for no charset (`NegotiateInputSerializer`): what else a
    // client says of its object does not keep it out of the log.
    const [mediaType] = headers.get('content-type')?.split(';', 1) ?? [];
    const request = this.#request && readContent(this.#request, mediaType, undefined, readYaml);
    const response =
      this.#response && this.#isWorthReading(this.#response)
        ? readContent(this.#response, this.#responseType, this.#responseCoding, readYaml)
        : undefined;
    if (request instanceof Promise || response instanceof Promise)
      return Promise.all([request, response]).then(([one, other]) => this.#facts(one, other));
    return this.#facts(request, response);
  }

  /** Most short answers are no Status, and need not be parsed to know it. */
  #isWorthReading(copy: BodyCopy): boolean {
    if (this.#tellsResponse) return true;
    const beginning = copy.content.toString('latin1', 0, BEGINNING);
    return !copy.truncated && (STATUS.test(beginning) || beginning.startsWith(PROTOBUF_MAGIC));
  }

  get #tellsResponse(): boolean {
    return this.#subject.decision.level === 'RequestResponse' && !this.#subject.longRunning;
  }

  #facts(request: Content | undefined, response: Content | undefined): BodyFacts {
    try {
      return this.#read(request, response);
    } catch {
      return UNREADABLE; // A defect, but no reason for an exchange without its last event.
    } finally {
      this.#request?.release();
      this.#response?.release();
    }
  }

  #read(request: Content | undefined, response: Content | undefined): BodyFacts {
    const { record, decision } = this.#subject;
    const told = decision.level === 'Metadata' ? undefined : request;
    const object = request && WITH_OBJECT.has(record.verb) ? objectMeta(request) : undefined;
    const about = this.#options.recordSecrets ? undefined : record;
    const status = response && statusFields(response.value ?? protobufStatus(response.body), about);
    const answer = this.#isTold(response, status) ? response : undefined;
    return {
      object,
      status,
      requestObject: this.#object(told),
      responseObject: this.#object(answer),
      notes: {
        truncated: isTruncated(told) || isTruncated(answer),
        request: note(told),
        response: note(answer),
      },
    };
  }

  /** Of long-running requests failures alone, and of others than resource requests what has a kind alone: discovery. */
  #isTold(response: Content | undefined, status: StatusFields | undefined): boolean {
    const { decision, isResourceRequest, longRunning } = this.#subject;
    if (response === undefined || decision.level !== 'RequestResponse') return false;
    if (longRunning) return status !== undefined;
    return isResourceRequest || hasKind(response.value);
  }

  #object(content: Content | undefined): string {
    if (content?.value === undefined) return '';
    const { recordSecrets } = this.#options;
    const { decision, record } = this.#subject;
    const whole = decision.omitManagedFields ? omitManagedFields(content.value) : content.value;
    return escapeControls(toJson(recordSecrets ? whole : redact(whole, record)));
  }
}

/** Whether the request's body is to be copied. */
export function copiesRequest(subject: BodySubject): boolean {
  const { record, request, decision, isResourceRequest, longRunning } = subject;
  if (!isResourceRequest || longRunning || request.framing.kind === 'none') return false;
  return (decision.level === 'Metadata' ? WITH_OBJECT : WITH_BODY).has(record.verb);
}

/** How much of the answer's body is to be copied, in bytes; undefined for no copy. */
export function responseLimit(
  subject: BodySubject,
  { status, framing }: OutgoingHead,
  type: string,
  maxBodyBytes: number,
): number | undefined {
  const { record, request, decision, longRunning } = subject;
  if (framing.kind === 'none' || status === 101 || request.method === 'HEAD') return undefined;
  if (decision.level === 'RequestResponse' && !longRunning) return maxBodyBytes;
  const maybeStatus = status >= 400 || record.verb.startsWith('delete');
  return maybeStatus && /json|yaml|protobuf/.test(type) ? MAX_STATUS : undefined;
}

function hasKind(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string'
  );
}

function isTruncated(content: Content | undefined): boolean {
  return content?.truncated === true;
}

function note(content: Content | undefined): string {
  if (content === undefined || content.value !== undefined || content.bytes === 0) return '';
  return describeContent(content);
}
