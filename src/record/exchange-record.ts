import type { Identity, UserInfo } from '../credentials/identity.ts';
import type { ErrorCode, PortholeError } from '../errors.ts';
import type { Trail } from './recorder.ts';

/**
 * How an exchange ended. `ok`: the whole answer was passed on, the upstream's or a file, whatever its status. `refused`:
 * porthole answered itself and asked nobody. `client-gone`: the client left first. `upstream-failed`: there was no answer
 * to pass on. `upstream-aborted`: the answer began and broke off, a file's too. `stopped`: a shutdown cut it, or the end of the
 * credentials or the configuration that it belonged to.
 */
export type Outcome =
  | 'ok'
  | 'refused'
  | 'client-gone'
  | 'upstream-failed'
  | 'upstream-aborted'
  | 'stopped';

/** What is known of an exchange when its request head has been read. */
export interface ExchangeStart {
  readonly auditID: string;
  /** Wall clock, ms since the epoch. */
  readonly time: number;
  /** Monotonic clock (`performance.now()`), ms. */
  readonly startedAt: number;
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  /** As sent, without the `?`; '' when there is none. */
  readonly query: string;
  /** Of HTTP; '' for a head that could not be read. */
  readonly version: '' | '1.0' | '1.1';
  readonly clientAddress: string;
  readonly userAgent: string | undefined;
  readonly referer: string | undefined;
  /** The `Kubectl-Command` header: kubectl's name for the command behind the request. */
  readonly kubectlCommand: string | undefined;
  /** The `Kubectl-Session` header: the same for all requests of one run of kubectl. */
  readonly kubectlSession: string | undefined;
}

/**
 * What happened in one exchange. Whoever learns a fact writes its field; `end` closes the record and hands it on, once.
 * Every field is set here, in one order, so that all records share one hidden class.
 */
export class ExchangeRecord {
  readonly auditID: string;
  readonly time: number;
  readonly startedAt: number;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly version: '' | '1.0' | '1.1';
  readonly clientAddress: string;
  readonly userAgent: string | undefined;
  readonly referer: string | undefined;
  readonly kubectlCommand: string | undefined;
  readonly kubectlSession: string | undefined;

  /** RequestInfo, as the API server would compute it; '' for what a request does not have. */
  verb = '';
  apiGroup = '';
  apiVersion = '';
  resource = '';
  subresource = '';
  namespace = '';
  name = '';
  /** Lasts until somebody ends it, as `Exchange` has it. */
  longRunning = false;

  /** Who the API server takes us for; undefined where nobody wants to know. */
  identity: Identity | undefined = undefined;
  /** Whom the request acts for instead, by the kubeconfig or by its own header fields. */
  impersonated: UserInfo | undefined = undefined;

  /** Of the answer's head, once it is on its way to the client. */
  status: number | undefined = undefined;
  /** ms until a credential was at hand. */
  authMs: number | undefined = undefined;
  /** ms until an upstream connection was at hand. */
  connectMs: number | undefined = undefined;
  /** ms that a connection made for this exchange took: name and TCP, then TLS. */
  dialMs: number | undefined = undefined;
  /** Of `dialMs`, what the name took; undefined where there was an IP address. */
  dnsMs: number | undefined = undefined;
  tlsMs: number | undefined = undefined;
  /** ms from sending the head upstream to the end of the final answer's head. */
  ttfbMs: number | undefined = undefined;
  /** Body bytes from the client. */
  bytesIn = 0;
  /** Body bytes to the client. */
  bytesOut = 0;
  /** The address that the upstream connection leads to, as in `127.0.0.1:6443`: the API server's, or a proxy's. */
  upstreamAddress: string | undefined = undefined;
  /** Whether the upstream connection had served before. */
  reused: boolean | undefined = undefined;
  /** The API server refused a credential, and the request was sent once more with a renewed one. */
  replayed: boolean | undefined = undefined;
  impersonatedUser: string | undefined = undefined;
  /** Of a watch: how many events have passed; undefined where they can not be counted. */
  events: number | undefined = undefined;
  /** The protocol of an upgrade, as the client asked for it. */
  upgrade: string | undefined = undefined;

  /** Set by `end`. */
  outcome: Outcome | undefined = undefined;
  durationMs = 0;
  errorCode: ErrorCode | undefined = undefined;
  /** The error's sentence. */
  error: string | undefined = undefined;

  /** Recorders have been told of its beginning. */
  followed = false;
  /** Who follows the exchange's messages. */
  trail: Trail | undefined = undefined;
  /** Its neighbours in the list of those that are under way, which `Recent` keeps. */
  older: ExchangeRecord | undefined = undefined;
  newer: ExchangeRecord | undefined = undefined;

  readonly #onEnd: (record: ExchangeRecord) => void;

  constructor(start: ExchangeStart, onEnd: (record: ExchangeRecord) => void) {
    this.auditID = start.auditID;
    this.time = start.time;
    this.startedAt = start.startedAt;
    this.method = start.method;
    this.path = start.path;
    this.query = start.query;
    this.version = start.version;
    this.clientAddress = start.clientAddress;
    this.userAgent = start.userAgent;
    this.referer = start.referer;
    this.kubectlCommand = start.kubectlCommand;
    this.kubectlSession = start.kubectlSession;
    this.#onEnd = onEnd;
  }

  /**
   * Closes the record at `now` (monotonic, ms). The first end wins, because one cause often shows itself twice (a broken
   * upstream, then the client that we cut off for it); later ones are ignored.
   */
  end(outcome: Outcome, now: number, error?: PortholeError): void {
    if (this.outcome !== undefined) return;
    this.outcome = outcome;
    this.durationMs = now - this.startedAt;
    this.errorCode = error?.code;
    this.error = error?.message;
    this.#onEnd(this);
  }
}
