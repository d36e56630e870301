import type { OutgoingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { performServerHandshake } from 'node:http2';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { ChunkedBody } from '../../src/http1/chunked.ts';
import { followBody } from '../../src/http1/framing.ts';
import type { BodyFollower } from '../../src/http1/message.ts';
import { parseResponseHead, responseHeadEnd } from '../../src/http1/response-head.ts';
import type { Script, SeenConnection } from './recording-upstream.ts';

/** By which protocol requests that last go to an upstream; all others go by HTTP/1.1. */
export type Way = 'HTTP/1.1' | 'HTTP/2';

/** For `describe.each`: hazards of what lasts are the same by both. */
export const WAYS = ['HTTP/1.1', 'HTTP/2'] as const;

/** A request that is answered soon, and one that may last, by both: for what is promised to all of them. */
export const EACH_WAY = [
  ['a request', 'GET /api', 'HTTP/1.1'],
  ['a watch by HTTP/1.1', 'GET /api/v1/pods?watch=1', 'HTTP/1.1'],
  ['a watch by HTTP/2', 'GET /api/v1/pods?watch=1', 'HTTP/2'],
] as const;

/** What an upstream has to offer that is to be reached by `way`. */
export function speaking(way: Way): TlsOptions {
  return way === 'HTTP/2' ? { ALPNProtocols: ['h2', 'http/1.1'] } : {};
}

/**
 * Has the streams of a connection answered by a script that knows HTTP/1.1 only. Each is told to it as a connection with
 * one request; but what ends or resets it does that to the connection which carries it, with all others.
 */
export function scriptStreams(
  tls: TLSSocket,
  transport: Socket | undefined,
  script: Script,
  onStream: (seen: SeenConnection) => unknown,
): void {
  const session: ServerHttp2Session = performServerHandshake(tls);
  session.on('error', () => {});
  // The server allows connections that are half open, for the sake of tunnels.
  tls.on('end', () => tls.end());
  const take = (stream: ServerHttp2Stream, _: object, __: number, raw: string[]): void => {
    const socket = new ScriptedStream(stream, tls);
    const head = headOf(raw);
    const seen: SeenConnection = {
      ...{ socket, tls, bytes: head, begun: 1, completed: 1 },
      ...{ ended: false, closed: false, halfOpen: false },
      reset: () => transport?.resetAndDestroy(),
    };
    stream.on('error', () => {});
    stream.on('aborted', () => {
      seen.ended = true;
    });
    stream.on('close', () => {
      seen.closed = true;
      socket.destroy();
    });
    onStream(seen);
    const answer = script(head, seen);
    if (answer !== undefined) socket.write(answer, 'latin1');
  };
  session.on('stream' as string, take);
}

/** `[name, value, ...]` with the four pseudo-fields of a request, as HTTP/1.1 would have it. */
function headOf(raw: readonly string[]): string {
  const pseudo = new Map<string, string>();
  let lines = '';
  for (let i = 0; i < raw.length; i += 2) {
    const [name = '', value = ''] = raw.slice(i, i + 2);
    if (name.startsWith(':')) pseudo.set(name, value);
    else lines += `${name.replace(/(?:^|-)[a-z]/g, (at) => at.toUpperCase())}: ${value}\r\n`;
  }
  const line = `${pseudo.get(':method')} ${pseudo.get(':path')} HTTP/1.1`;
  return `${line}\r\nHost: ${pseudo.get(':authority')}\r\n${lines}\r\n`;
}

/** Takes an answer as HTTP/1.1 has it, and gives it to a stream. */
class ScriptedStream extends Duplex {
  readonly #stream: ServerHttp2Stream;
  readonly #tls: TLSSocket;
  #head = Buffer.alloc(0);
  #body: BodyFollower | undefined;
  #untilEnd = false;
  /** Of the body, as far as this write brought it. */
  #pieces: Buffer[] = [];

  constructor(stream: ServerHttp2Stream, tls: TLSSocket) {
    super({ read() {}, highWaterMark: 16_384 });
    this.#stream = stream;
    this.#tls = tls;
  }

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    if (this.#stream.destroyed) return;
    const rest = this.#body === undefined ? this.#onHead(bytes) : bytes;
    if (rest.length > 0) this.#follow(rest);
    const piece = Buffer.concat(this.#pieces.splice(0));
    if (this.#body?.done) this.#stream.end(piece, done);
    else if (piece.length > 0) this.#stream.write(piece, done);
    else done();
  }

  override _final(done: () => void): void {
    if (this.#untilEnd) this.#stream.end();
    // What was written goes out first.
    else if (!this.#body?.done) setImmediate(() => this.#tls.end());
    done();
  }

  override _destroy(_error: Error | null, done: () => void): void {
    if (!this.#stream.closed) this.#tls.destroy();
    done();
  }

  /** What is behind the head. */
  #onHead(bytes: Buffer): Buffer {
    this.#head = Buffer.concat([this.#head, bytes]);
    const end = responseHeadEnd(this.#head, 0);
    if (end < 0) return Buffer.alloc(0);
    const { status, framing } = parseResponseHead(this.#head, 0, end, 'GET');
    const text = this.#head.toString('latin1', 0, end);
    const rest = this.#head.subarray(end);
    const fields = { ':status': status, ...fieldsOf(text) };
    if (status < 200) {
      this.#stream.additionalHeaders(fields);
      this.#head = Buffer.alloc(0);
      return this.#onHead(rest);
    }
    // Node's types lack `sendDate`.
    this.#stream.respond(fields, { sendDate: false } as object);
    this.#untilEnd = framing.kind === 'close';
    const reading = { code: 'ERR_UPSTREAM_MALFORMED', trailers: 'drop' } as const;
    this.#body =
      framing.kind === 'chunked'
        ? new ChunkedBody(reading, (data, from, to) => this.#pieces.push(data.subarray(from, to)))
        : followBody(framing, reading);
    return rest;
  }

  #follow(bytes: Buffer): void {
    const body = this.#body as BodyFollower;
    const end = body.follow(bytes, 0);
    if (!(body instanceof ChunkedBody)) this.#pieces.push(bytes.subarray(0, end));
  }
}

/** Without those that HTTP/2 has no use for. */
function fieldsOf(head: string): OutgoingHttpHeaders {
  const fields: OutgoingHttpHeaders = {};
  for (const line of head.slice(0, -4).split('\r\n').slice(1)) {
    const [name = '', value = ''] = line.split(': ');
    const key = name.toLowerCase();
    if (key === 'transfer-encoding' || key === 'connection') continue;
    fields[key] = key in fields ? [fields[key], value].flat().map(String) : value;
  }
  return fields;
}
