// One connection as the API server sees it: what came is taken literally, as the framing that it shows says.
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { piecesOf, type ScriptedAnswer } from './case.ts';

let arrived = 0;

/** A request as it came. */
export interface SeenRequest {
  /** Of all that came, on whichever connection. */
  readonly order: number;
  readonly head: string;
  /** Where it stands in what came on its connection during the case; `to` is -1 until its body has come to its end. */
  readonly from: number;
  to: number;
}

/** A request that has just come. */
export function arrival(head: string, from: number, to: number): SeenRequest {
  return { order: arrived++, head, from, to };
}

/** What happened on one connection during one case. */
export interface WireLog {
  received: string;
  sent: string;
  readonly requests: SeenRequest[];
  /** Where in `sent` what was said to each of them ends, and whether it was little and written in one piece. */
  readonly says: { readonly to: number; readonly atOnce: boolean }[];
  /** Where a tunnel began in what came, or -1. */
  tunnelAt: number;
  /** How the API server's side ended. */
  ending: 'open' | 'end' | 'reset';
  /** A reset can not be taken for the end: by HTTP/2. */
  readonly framed: boolean;
  /** porthole has ended its side, or closed the connection. */
  left: boolean;
}

/** What carries one request after the other, or one of them, to the API server. */
export interface Carrier {
  readonly log: WireLog;
  readonly closed: boolean;
  /** It has said what was made up: what it carries is not to be relied on any more. */
  readonly made: boolean;
  /** It stands between two requests, and has answered all. */
  readonly idle: boolean;
  /** A case begins. */
  begin(): void;
  /** Ends it after what was written. */
  end(): void;
  destroy(): void;
}

/** What a wire asks of the case that is under way. */
export interface WireEvents {
  /** The answer to the request that has come, whose method is given. */
  answer(method: string): ScriptedAnswer;
  /** Something has happened. */
  touch(): void;
}

/** Bytes that are read in one go: a record of TLS. */
const AT_ONCE = 16 * 1024;

const PLAIN = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';

/** What a request gets that no answer was written for. */
export function plainAnswer(method: string): ScriptedAnswer {
  return { bytes: method === 'HEAD' ? PLAIN : `${PLAIN}ok`, cuts: [], after: 'keep', early: false };
}

/** A connection of HTTP/1.1. */
export class Wire implements Carrier {
  log: WireLog = newLog();
  closed = false;
  made = false;
  readonly #socket: Duplex;
  readonly #transport: Socket | undefined;
  readonly #events: WireEvents;
  #at = 0;
  #bodyAt = -1;
  #writing = 0;
  #answered = false;
  #pending: ScriptedAnswer | undefined;

  constructor(socket: Duplex, transport: Socket | undefined, events: WireEvents) {
    this.#socket = socket;
    this.#transport = transport;
    this.#events = events;
    socket.on('data', (bytes: Buffer) => {
      this.log.received += bytes.toString('latin1');
      events.touch();
      this.#read();
    });
    socket.on('end', () => {
      this.log.left = true;
      socket.end();
      events.touch();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.log.left = true;
      this.closed = true;
      events.touch();
    });
  }

  begin(): void {
    this.log = newLog();
    this.#at = 0;
    this.#bodyAt = -1;
  }

  get idle(): boolean {
    return this.#bodyAt < 0 && this.#at === this.log.received.length && this.#writing === 0;
  }

  end(): void {
    if (this.log.ending === 'open') this.log.ending = 'end';
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
    this.#transport?.destroy();
  }

  #read(): void {
    const { log } = this;
    while (log.tunnelAt < 0) {
      if (this.#bodyAt < 0) {
        const end = log.received.indexOf('\r\n\r\n', this.#at) + 4;
        if (end < 4) return;
        this.#begin(log.received.slice(this.#at, end), end);
        if (log.tunnelAt >= 0) return;
      }
      const request = log.requests.at(-1) as SeenRequest;
      const end = bodyEnd(request.head, log.received, this.#bodyAt);
      if (end < 0) return;
      request.to = end;
      this.#at = end;
      this.#bodyAt = -1;
      if (!this.#answered) this.#say();
    }
  }

  #begin(head: string, end: number): void {
    this.log.requests.push(arrival(head, this.#at, -1));
    this.#pending = this.#events.answer(head.slice(0, head.indexOf(' ')));
    this.#answered = false;
    this.#bodyAt = end;
    const upgrade = /\r\nUpgrade: /.test(head);
    if (upgrade) this.log.tunnelAt = end;
    if (upgrade || this.#pending.early) this.#say();
  }

  #say(): void {
    const answer = this.#pending;
    if (answer === undefined) return;
    this.#answered = true;
    if (answer.bytes !== plainAnswer('').bytes || answer.after !== 'keep') this.made = true;
    this.#writing++;
    const pieces = piecesOf(answer.bytes, answer.cuts);
    const { log } = this;
    this.#write(pieces, answer.after, log);
    const atOnce = pieces.length === 1 && answer.bytes.length <= AT_ONCE;
    log.says.push({ to: log.sent.length, atOnce });
  }

  #write(pieces: string[], after: ScriptedAnswer['after'], log: WireLog): void {
    const [piece = '', ...more] = pieces;
    if (this.#socket.writable && log.ending === 'open') {
      log.sent += piece;
      this.#socket.write(piece, 'latin1', () => {
        if (more.length === 0 && after === 'reset') this.#reset(log);
      });
    }
    if (more.length > 0) {
      setImmediate(() => this.#write(more, after, log));
      return;
    }
    this.#writing--;
    if (after === 'end') this.end();
    this.#events.touch();
  }

  #reset(log: WireLog): void {
    log.ending = 'reset';
    this.#transport?.resetAndDestroy();
    this.#events.touch();
  }
}

function newLog(): WireLog {
  return {
    received: '',
    sent: '',
    requests: [],
    says: [],
    tunnelAt: -1,
    ending: 'open',
    left: false,
    framed: false,
  };
}

/** Where the body from `start` on ends, -1 while it is not there yet. */
function bodyEnd(head: string, bytes: string, start: number): number {
  if (!/\r\ntransfer-encoding: chunked\r\n/i.test(head)) {
    const end = start + Number(/\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1] ?? 0);
    return bytes.length < end ? -1 : end;
  }
  for (let at = start; ; ) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return -1;
    const size = Number.parseInt(bytes.slice(at, line), 16);
    at = line + 2 + size + 2;
    if (Number.isNaN(at) || bytes.length < at) return -1;
    if (size === 0) return at;
  }
}
