// Node's own server and client, strict, on connections that are in memory.
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { Duplex } from 'node:stream';
import type { Reading, ReadMessage } from './reading.ts';

const LIMITS = { insecureHTTPParser: false, maxHeaderSize: 512 * 1024 };

interface Draft extends ReadMessage {
  body: string;
  complete: boolean;
}

/** A connection on which `bytes` come, and then the end. */
class Connection extends Duplex {
  readonly #bytes: string;
  readonly #cut: boolean;
  refused = '';

  constructor(bytes: string, cut = false) {
    super({ allowHalfOpen: true });
    this.#bytes = bytes;
    this.#cut = cut;
  }

  /** All that it says, from now on. */
  begin(): void {
    if (this.#bytes !== '') this.push(this.#bytes, 'latin1');
    if (!this.#cut) this.push(null);
    // After what was pushed has been read.
    else setImmediate(() => this.destroy(new Error('reset')));
  }

  override _read(): void {}

  override _write(_bytes: Buffer, _encoding: string, done: () => void): void {
    done();
  }

  /** What node:net's sockets have, and Node's client asks for. */
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

function draftOf(message: IncomingMessage): Draft {
  const headers: Record<string, string[]> = Object.create(null);
  for (let i = 0; i < message.rawHeaders.length; i += 2) {
    const name = message.rawHeaders[i] as string;
    headers[name] ??= [];
    headers[name].push(message.rawHeaders[i + 1] as string);
  }
  const { method, url, statusCode } = message;
  return {
    ...(statusCode === null || statusCode === undefined
      ? { method: method ?? '', target: url ?? '' }
      : { status: statusCode }),
    version: `HTTP/${message.httpVersion}`,
    headers,
    body: '',
    complete: false,
    from: 0,
    to: 0,
  };
}

function fill(draft: Draft, message: IncomingMessage): void {
  message.setEncoding('latin1');
  message.on('data', (text: string) => {
    draft.body += text;
  });
  message.on('error', () => {});
}

/** Reads messages as Node does. */
export class NodeReader {
  readonly #server: Server;
  readonly #drafts = new WeakMap<object, Draft[]>();

  constructor() {
    this.#server = createServer({ ...LIMITS, keepAliveTimeout: 0, requestTimeout: 0 });
    this.#server.maxHeadersCount = 0;
    // The end of the input must not take away what is still on its way to us; Node's types do not know it.
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    for (const event of ['request', 'checkContinue', 'checkExpectation']) {
      this.#server.on(event, (message: IncomingMessage, response: ServerResponse) =>
        this.#onRequest(message, response),
      );
    }
    this.#server.on('upgrade', (message: IncomingMessage, socket: Duplex) => {
      this.#draft(message).complete = true;
      socket.destroy();
    });
    this.#server.on('connect', (_message: IncomingMessage, socket: Connection) => {
      socket.refused = 'CONNECT';
      socket.destroy();
    });
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
      (socket as Connection).refused ||= error.code ?? error.message;
      // What was read before it is still on its way to us.
      setImmediate(() => socket.destroy());
    });
  }

  #draft(message: IncomingMessage): Draft {
    const draft = draftOf(message);
    this.#drafts.get(message.socket)?.push(draft);
    return draft;
  }

  #onRequest(message: IncomingMessage, response: ServerResponse): void {
    const draft = this.#draft(message);
    fill(draft, message);
    message.on('end', () => {
      draft.complete = message.complete;
      response.end();
    });
  }

  /** All requests that a server reads from `bytes`. */
  requests(bytes: string): Promise<Reading> {
    const connection = new Connection(bytes);
    const messages: Draft[] = [];
    this.#drafts.set(connection, messages);
    return new Promise((resolve) => {
      connection.on('error', () => {});
      connection.on('close', () => resolve({ messages, refused: connection.refused, rest: 0 }));
      this.#server.emit('connection', connection);
      connection.begin();
    });
  }

  /** What a client reads as the answer to one request, a HEAD or another, without 1xx; what comes behind it may stand there as well. */
  answer(bytes: string, toHead: boolean, cut: boolean): Promise<Reading> {
    const connection = new Connection(bytes, cut);
    const messages: Draft[] = [];
    let refused = '';
    return new Promise((resolve) => {
      const asked = request({
        ...LIMITS,
        // Node would send others in capitals.
        method: toHead ? 'HEAD' : 'GET',
        createConnection: () => connection as never,
      });
      asked.maxHeadersCount = 0;
      asked.on('response', (message) => {
        const draft = draftOf(message);
        messages.push(draft);
        fill(draft, message);
        message.on('end', () => {
          draft.complete = message.complete;
        });
      });
      asked.on('upgrade', (message, socket) => {
        messages.push({ ...draftOf(message), complete: true });
        socket.destroy();
      });
      asked.on('error', (error: NodeJS.ErrnoException) => {
        refused ||= error.code ?? error.message;
      });
      asked.on('close', () => resolve({ messages, refused, rest: 0 }));
      asked.end();
      connection.begin();
    });
  }
}
