import type { Duplex } from 'node:stream';
import type { PortholeError } from '../errors.ts';
import type { Framing, RequestHead } from '../http1/message.ts';
import type { Trail } from '../record/recorder.ts';

/** Where a request body goes. */
export interface BodySink {
  /** Bytes as they were on the wire, chunk framing included. False: hold back until `resumeBody`. */
  write(bytes: Buffer): boolean;
  /** The body is complete. */
  end(): void;
}

/** The start of an answer. `fields` are header lines, each with its CRLF, without `Connection`. */
export interface OutgoingHead {
  readonly status: number;
  readonly reason: string;
  readonly fields: string;
  readonly framing: Framing;
}

/** The client's side of a connection that has left HTTP. */
export interface Tunnel {
  readonly socket: Duplex;
  /** What the client sent ahead, before it saw the 101. */
  readonly early: Buffer;
  /** Ends the connection so that it can not be taken for a clean end. */
  cut(): void;
  /** Why the client's side was lost: the client left, or porthole was stopped. */
  lost(): PortholeError;
}

/** A tunnel, with the way of its bytes to the client. */
export interface ClientTunnel extends Tunnel {
  /** Copies `bytes`, which go out with `flush` at the latest. False: hold back until the socket's 'drain'. */
  readonly write: (bytes: Buffer) => boolean;
  readonly flush: () => void;
}

/**
 * One request and its answer, as everything but `server/` sees it: nothing here tells what carries it. Times are
 * monotonic milliseconds (`performance.now()`), but for `time`.
 */
export interface Exchange {
  /** A fresh UUID. */
  readonly id: string;
  /** When the head was complete, as milliseconds since the epoch. */
  readonly time: number;
  readonly startedAt: number;
  /** IP address; '' on a unix socket. */
  readonly clientAddress: string;
  readonly request: RequestHead;
  readonly requestComplete: boolean;
  /** Body bytes received and sent so far, framing included. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** The head of the final answer is on its way: from here on, an error can only cut the answer short. */
  readonly responded: boolean;
  /** Of that answer. */
  readonly status: number | undefined;
  /** Why the client can not be served any more: it left, or its body broke its framing. */
  readonly failure: PortholeError | undefined;

  /** Header lines, each with its CRLF, that every answer to this request carries, whoever gives it. */
  answerFields: string;
  /** Set for watches and other streams: then a client that ends its side has left. */
  longRunning: boolean;
  /** Told what passes between the client and whoever answers. */
  trail: Trail | undefined;
  /** Called once when `failure` is set. */
  onFailure: ((failure: PortholeError) => void) | undefined;
  /** Called when a `write` that returned false has been taken. */
  onDrain: (() => void) | undefined;

  /** Sends the request's body to `sink`, from its first byte. */
  readBody(sink: BodySink): void;
  resumeBody(): void;

  /** Sends a 1xx; nothing to a client of HTTP/1.0, which knows none (RFC 9110 section 15.2). */
  inform(head: OutgoingHead): void;
  /** Begins the answer. What is written to the client waits for `flush` or `end`, if it is not much. */
  respond(head: OutgoingHead): void;
  /** Body bytes, framed as the head said; they are copied. False: hold back until `onDrain`. */
  write(bytes: Buffer): boolean;
  flush(): void;
  end(): void;
  /** Cuts the answer so that it can not be taken for a complete one. */
  abort(): void;
  /** Sends a 101 and hands the connection over. */
  switchProtocols(head: OutgoingHead): ClientTunnel;
}

/** Whom a connection tells. */
export interface ConnectionEvents {
  onExchange(exchange: Exchange): void;
  /** A head that could not be read; it was answered already. */
  onMalformed(error: PortholeError, clientAddress: string): void;
}
