// One stream of HTTP/2 as the API server sees it: the made-up answers are for HTTP/1.1, and it says of them what can be said.
import {
  constants,
  type OutgoingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Stream,
} from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { piecesOf, type ScriptedAnswer } from './case.ts';
import { arrival, type Carrier, plainAnswer, type WireEvents, type WireLog } from './wire.ts';

/** RFC 9113 section 8.2.2: fields of one connection. */
const OF_ONE_CONNECTION =
  /^(?:connection|keep-alive|proxy-connection|transfer-encoding|upgrade|te|host|http2-settings)$/;
/** Answers without a body, in Node. */
const BODILESS = [204, 205, 304];

/** Answers the streams of a connection that has turned out to be HTTP/2. */
export function serveStreams(
  tls: TLSSocket,
  events: WireEvents,
  onStream: (stream: Carrier) => void,
): void {
  const session = performServerHandshake(tls);
  session.on('error', () => {});
  tls.on('end', () => tls.end());
  const take = (stream: ServerHttp2Stream, _: object, __: number, raw: string[]): void => {
    onStream(new StreamWire(stream, tls, raw, events));
  };
  // Node's types lack the list of fields.
  session.on('stream' as string, take);
}

class StreamWire implements Carrier {
  readonly log: WireLog;
  readonly made = true;
  readonly #stream: ServerHttp2Stream;
  readonly #tls: TLSSocket;
  readonly #events: WireEvents;
  #writing = false;

  constructor(
    stream: ServerHttp2Stream,
    tls: TLSSocket,
    raw: readonly string[],
    events: WireEvents,
  ) {
    this.#tls = tls;
    this.#stream = stream;
    this.#events = events;
    const head = headOf(raw);
    this.log = {
      ...{ received: head, sent: '', requests: [arrival(head, 0, head.length)], says: [] },
      ...{ tunnelAt: -1, ending: 'open', left: false, framed: true },
    };
    stream.on('error', () => {});
    stream.on('aborted', () => {
      this.log.left = true;
    });
    stream.on('close', () => {
      this.log.left = true;
      events.touch();
    });
    events.touch();
    this.#say(events.answer(head.slice(0, head.indexOf(' '))));
  }

  get closed(): boolean {
    return this.#stream.destroyed;
  }

  get idle(): boolean {
    return !this.#writing;
  }

  /** What belongs to another case has ended with it. */
  begin(): void {
    this.destroy();
  }

  end(): void {
    if (this.log.ending === 'open') this.log.ending = 'end';
    if (this.#stream.writable) this.#stream.end();
  }

  destroy(): void {
    this.#stream.destroy();
  }

  #say({ bytes, cuts, after }: ScriptedAnswer): void {
    const isPlain = bytes === plainAnswer('GET').bytes;
    const { status, fields, body } = answerOf(bytes);
    const text = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    try {
      // Node's types lack `sendDate`.
      this.#stream.respond({ ':status': status, ...fields }, { sendDate: false } as object);
    } catch {
      // Node would not send it, whatever it is.
      this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      this.log.ending = 'reset';
      return;
    }
    this.log.sent += `HTTP/1.1 ${status} x\r\n${text.join('')}\r\n`;
    this.#writing = true;
    const pieces = BODILESS.includes(status) ? [] : piecesOf(body, cuts);
    this.#write(pieces, isPlain ? 'end' : after);
  }

  #write(pieces: readonly string[], after: ScriptedAnswer['after']): void {
    const [piece = '', ...more] = pieces;
    if (this.#stream.writable && piece !== '') {
      this.log.sent += piece;
      this.#stream.write(piece, 'latin1');
    }
    if (more.length > 0) {
      setImmediate(() => this.#write(more, after));
      return;
    }
    this.#writing = false;
    if (after === 'end') this.end();
    else if (after === 'reset') {
      this.log.ending = 'reset';
      // With all that it carries: Node may end a stream before it resets it.
      this.#tls.destroy();
    }
    this.#events.touch();
  }
}

/** `[name, value, ...]` with the four pseudo-fields of a request, as HTTP/1.1 would have it. */
function headOf(raw: readonly string[]): string {
  const pseudo = new Map<string, string>();
  let lines = '';
  for (let i = 0; i < raw.length; i += 2) {
    const [name = '', value = ''] = raw.slice(i, i + 2);
    if (name.startsWith(':')) pseudo.set(name, value);
    else lines += `${name}: ${value}\r\n`;
  }
  const line = `${pseudo.get(':method')} ${pseudo.get(':path')} HTTP/1.1`;
  return `${line}\r\nHost: ${pseudo.get(':authority')}\r\n${lines}\r\n`;
}

/** What can be said by HTTP/2 of an answer that was made up for HTTP/1.1; 1xx are left out. */
function answerOf(bytes: string): { status: number; fields: OutgoingHttpHeaders; body: string } {
  const start = /HTTP\/1\.[01] ([2-5]\d\d)/.exec(bytes);
  const from = start?.index ?? 0;
  const end = bytes.indexOf('\r\n\r\n', from);
  const head = bytes.slice(from, end < 0 ? bytes.length : end);
  const fields: OutgoingHttpHeaders = {};
  for (const line of head.split('\r\n').slice(1)) {
    const [, name = '', value = ''] =
      /^([\w-]+):[ \t]*([\x21-\x7e]+(?:[ \t]+[\x21-\x7e]+)*)$/.exec(line) ?? [];
    const key = name.toLowerCase();
    if (key !== '' && !OF_ONE_CONNECTION.test(key) && !(key in fields)) fields[key] = value;
  }
  return { status: Number(start?.[1] ?? 200), fields, body: end < 0 ? '' : bytes.slice(end + 4) };
}
