import { PortholeError } from '../../errors.ts';
import type { HeaderList } from '../../http1/header-list.ts';
import type { RequestHead, ResponseHead } from '../../http1/message.ts';
import type { OutgoingHead } from '../../server/exchange.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import type { Trail } from '../recorder.ts';
import { finalAnnotations, whoAnnotations } from './annotations.ts';
import {
  Bodies,
  type BodyFacts,
  type BodyOptions,
  type BodySubject,
  copiesRequest,
  responseLimit,
} from './bodies.ts';
import { type EventLines, JsonEvents, LegacyEvents } from './event.ts';
import { isLongRunning } from './long-running.ts';
import type { Attributes, Decision, Stage } from './policy/policy.ts';
import { failureStatus, responseStatus } from './response-status.ts';
import type { CallerTexts } from './user.ts';

/** What the trails of all exchanges have in common. */
export interface EventLog {
  readonly format: 'json' | 'legacy';
  /** No request is forwarded before its event is written. */
  readonly strict: boolean;
  readonly bodies: BodyOptions;
  readonly callers: CallerTexts;
  /** Takes a line with its newline, and waits for nothing. */
  write(line: string): void;
  /** Resolves once the line is written. */
  writeThrough(line: string): Promise<void>;
  /** Has it finish when all that this turn of the event loop brings has been forwarded. */
  finishSoon(trail: AuditTrail): void;
  /** The log is not closed before this has resolved. */
  waitFor(event: Promise<void>): void;
}

/**
 * Writes the events of one exchange at the moments at which kube-apiserver writes its own (`WithAudit` in
 * `pkg/endpoints/filters/audit.go`).
 */
export class AuditTrail implements Trail, BodySubject {
  readonly record: ExchangeRecord;
  readonly request: RequestHead;
  readonly decision: Decision;
  readonly isResourceRequest: boolean;
  readonly longRunning: boolean;

  readonly #log: EventLog;
  readonly #events: EventLines;
  readonly #who: string;
  /** The first event has been made, or is not wanted. */
  #isBegun: boolean;
  #bodies: Bodies | undefined = undefined;
  /** What the API server answered, at its last try. */
  #upstream: ResponseHead | undefined = undefined;
  /** What the client got. */
  #answer: OutgoingHead | undefined = undefined;

  constructor(
    log: EventLog,
    record: ExchangeRecord,
    request: RequestHead,
    attributes: Attributes,
    decision: Decision,
  ) {
    this.#log = log;
    this.record = record;
    this.request = request;
    this.decision = decision;
    this.isResourceRequest = attributes.isResourceRequest;
    this.longRunning = isLongRunning(attributes);
    this.#events =
      log.format === 'legacy'
        ? new LegacyEvents(record)
        : new JsonEvents(record, decision.level, this.isResourceRequest, log.callers);
    this.#who = whoAnnotations(record);
    if (copiesRequest(this)) {
      this.#bodies = new Bodies(log.bodies, this);
      this.#bodies.copyRequest();
    }
    this.#isBegun = this.#omits('RequestReceived');
    if (!log.strict) this.#begin();
  }

  /** Nothing is forwarded that is not recorded: not even a policy omits this stage then. */
  admitted(): Promise<void> | undefined {
    if (!this.#log.strict) return undefined;
    this.#isBegun = true;
    return this.#log.writeThrough(this.#first());
  }

  answered(head: ResponseHead): void {
    this.#upstream = head;
  }

  requestBody(bytes: Buffer): void {
    this.#bodies?.addToRequest(bytes);
  }

  responded(head: OutgoingHead): void {
    this.#begin();
    this.#answer = head;
    const upstream = this.#upstreamFields;
    const type = upstream ? (upstream.get('content-type') ?? '') : contentType(head.fields);
    const limit = responseLimit(this, head, type, this.#log.bodies.maxBodyBytes);
    if (limit !== undefined) {
      this.#bodies ??= new Bodies(this.#log.bodies, this);
      this.#bodies.copyResponse(head, limit, type, upstream?.get('content-encoding'));
    }
    if (!this.longRunning || this.#omits('ResponseStarted')) return;
    const { time, startedAt } = this.record;
    this.#log.write(
      this.#events.line({
        stage: 'ResponseStarted',
        moment: time + performance.now() - startedAt,
        code: head.status,
        status: responseStatus(head.status),
        facts: undefined,
        annotations: this.#who,
      }),
    );
  }

  responseBody(bytes: Buffer): void {
    this.#bodies?.addToResponse(bytes);
  }

  ended(): void {
    this.#log.finishSoon(this);
  }

  /** Writes the last event. */
  finish(): void {
    this.#begin();
    const facts = this.#bodies?.read();
    if (facts instanceof Promise) this.#log.waitFor(facts.then((read) => this.#last(read)));
    else this.#last(facts);
  }

  /** Strict, a request has its first event when it is admitted; one that is not has it now. */
  #begin(): void {
    if (this.#isBegun) return;
    this.#isBegun = true;
    this.#log.write(this.#first());
  }

  #first(): string {
    return this.#events.line({
      stage: 'RequestReceived',
      moment: this.record.time,
      code: undefined,
      status: '',
      facts: undefined,
      annotations: this.#who,
    });
  }

  #last(facts: BodyFacts | undefined): void {
    if (this.#omits('ResponseComplete')) return;
    const { record } = this;
    const failure = this.#failure();
    const code = failure?.status ?? this.#answer?.status ?? 0;
    this.#log.write(
      this.#events.line({
        stage: 'ResponseComplete',
        moment: record.time + record.durationMs,
        code,
        status: failure ? failureStatus(failure) : responseStatus(code, facts?.status),
        facts,
        annotations: finalAnnotations(record, this.#who, this.#upstreamFields, facts?.notes),
      }),
    );
  }

  /** Why porthole answered itself, or nobody did; undefined once somebody's answer is on its way, whatever became of it. */
  #failure(): PortholeError | undefined {
    const { errorCode, error = '' } = this.record;
    if (errorCode === undefined || this.#upstreamFields !== undefined) return undefined;
    const failure = new PortholeError(errorCode, error);
    return this.#answer === undefined || this.#answer.status === failure.status
      ? failure
      : undefined;
  }

  #omits(stage: Stage): boolean {
    return this.decision.omitStages.has(stage);
  }

  /**
   * The header fields of what the API server answered, if that is what the client got. The relay passes its framing on as
   * it is: an answer that was withheld, before one of ours, had another.
   */
  get #upstreamFields(): HeaderList | undefined {
    const head = this.#upstream;
    return head !== undefined && head.framing === this.#answer?.framing ? head.headers : undefined;
  }
}

/** Of an answer of porthole's own. */
function contentType(fields: string): string {
  return /^content-type:[ \t]*(.*)\r$/im.exec(fields)?.[1] ?? '';
}
