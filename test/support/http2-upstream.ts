import { once } from 'node:events';
import { createServer } from 'node:http';
import {
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';

const authority = mintAuthority({ commonName: 'http2 upstream' });
const serving = authority.issueServer({ commonName: 'upstream', ips: ['127.0.0.1'] });
const client = authority.issueClient({ commonName: 'alice' });

/** What is done with a stream; `nth` counts them from 0. */
export type OnStream = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  nth: number,
) => void;

/** Answers with a 200 whose body goes on. */
export const WATCH_ANSWER: OnStream = (stream) => {
  stream.respond({ ':status': 200, 'content-type': 'application/json' });
};

/** A connection on which HTTP/2 was agreed on. */
interface SeenSession {
  readonly session: ServerHttp2Session;
  /** Writes a frame (RFC 9113 section 4.1) beside Node, which would not send every one. */
  frame(type: number, streamId: number, payload: Buffer, flags?: number): void;
}

/** What is other than usual. */
export interface Http2UpstreamOptions {
  readonly http2?: ServerOptions;
  readonly tls?: TlsOptions;
}

/** A TLS server that speaks HTTP/2 and, to who does not, HTTP/1.1: there it answers `one`. Ends with the test. */
export async function startHttp2Upstream(
  onStream: OnStream = WATCH_ANSWER,
  options: Http2UpstreamOptions = {},
) {
  const transports: Socket[] = [];
  const sessions: SeenSession[] = [];
  const streams: ServerHttp2Stream[] = [];
  const heads: { readonly headers: IncomingHttpHeaders; readonly raw: readonly string[] }[] = [];
  const plain: string[] = [];
  const http2 = createHttp2Server(options.http2 ?? {});
  http2.on('sessionError', () => {});
  const take = (
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    _flags: number,
    raw: string[],
  ): void => {
    stream.on('error', () => {});
    heads.push({ headers, raw });
    onStream(stream, headers, streams.push(stream) - 1);
  };
  http2.on('stream' as string, take);
  const http1 = createServer((request, response) => {
    plain.push(request.url ?? '');
    response.setHeader('content-length', 3).end('one');
  });
  const server = createTlsServer({
    ...serving,
    ca: authority.pem,
    requestCert: true,
    ALPNProtocols: ['h2', 'http/1.1'],
    ...options.tls,
  });
  server.on('connection', (socket: Socket) => transports.push(socket));
  server.on('tlsClientError', () => {});
  server.on('secureConnection', (socket) => {
    if (socket.alpnProtocol !== 'h2') {
      http1.emit('connection', socket);
      return;
    }
    http2.once('session', (session: ServerHttp2Session) =>
      sessions.push({ session, frame: (...of) => socket.write(frame(...of)) }),
    );
    http2.emit('connection', carried(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('not listening on TCP');
  onTestFinished(() => {
    for (const socket of transports) socket.destroy();
    server.close();
  });
  return {
    port: bound.port,
    ca: authority.pem,
    client,
    /** Connections so far, of whatever protocol. */
    transports,
    sessions,
    /** Streams so far, and their fields, also as they came. */
    streams,
    heads,
    /** The targets of requests by HTTP/1.1. */
    plain,
    get open() {
      return transports.filter((socket) => !socket.destroyed).length;
    },
  };
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function frame(type: number, streamId: number, payload: Buffer, flags = 0): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** The same bytes, but not the socket itself: Node would write past it, where no frame of ours could come between. */
function carried(socket: TLSSocket): Duplex {
  const duplex = new Duplex({
    read: () => void socket.resume(),
    write: (bytes, _encoding, done) => void socket.write(bytes, done),
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (bytes) => duplex.push(bytes) || socket.pause());
  socket.on('end', () => duplex.push(null));
  socket.on('error', () => duplex.destroy());
  socket.on('close', () => duplex.destroy());
  return duplex;
}
