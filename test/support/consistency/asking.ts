// One HTTP request of a client, and what came of it. Nothing is ever sent again.
import {
  Agent,
  type AgentOptions,
  type ClientRequest,
  type RequestOptions,
  request,
} from 'node:http';
import { request as requestTls, Agent as TlsAgent } from 'node:https';
import { seenIn } from './direct.ts';
import type { Answer } from './journal.ts';

/** Where clients find the proxy. */
export interface Door {
  readonly port: number;
  /** Of the certificate that it serves; undefined: it serves plain HTTP. */
  readonly ca?: string | undefined;
}

export function agentFor({ ca }: Door, options: AgentOptions = {}): Agent {
  return ca === undefined ? new Agent(options) : new TlsAgent({ ...options, ca });
}

/** Begins a request to the door. */
export function begin({ port, ca }: Door, options: RequestOptions): ClientRequest {
  const all = { host: '127.0.0.1', port, ...options };
  return ca === undefined ? request(all) : requestTls(all);
}

export interface Sending {
  readonly door: Door;
  readonly agent: Agent;
  readonly method: string;
  readonly path: string;
  readonly auditID: string;
  readonly body?: object;
  /** Added to those that say what the body is. */
  readonly headers?: Readonly<Record<string, string>>;
  /** By chunks instead of a length. */
  readonly chunked?: boolean;
  /** The client leaves after so many milliseconds. */
  readonly leaveAfterMs?: number | undefined;
}

/** All that came of a request. */
export interface Heard {
  /** 0 when the head of an answer never came. */
  readonly status: number;
  /** It came to its end, as HTTP has it. */
  readonly whole: boolean;
  /** The client left before the end. */
  readonly left: boolean;
  /** Audit-ID of the answer. */
  readonly auditID: string | undefined;
  readonly body: Buffer;
}

/** Resolves to the answer, or to undefined when its head never came. Never rejects. */
export async function send(sending: Sending): Promise<Answer | undefined> {
  const { status, whole, auditID, body } = await hear(sending);
  return status === 0 ? undefined : { status, whole, auditID, ...contentOf(status, whole, body) };
}

/** Resolves when the answer, or the connection in place of one, has ended, or the client has left. Never rejects. */
export function hear(sending: Sending): Promise<Heard> {
  const { door, agent, method, path, body, leaveAfterMs } = sending;
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = headersOf(sending, text);
  return new Promise((resolve) => {
    let begun = false;
    let left = false;
    const sent = begin(door, { agent, method, path, headers });
    sent.once('response', (answer) => {
      begun = true;
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', () => {});
      answer.once('close', () => {
        const { statusCode: status = 0, complete: whole } = answer;
        const id = answer.headers['audit-id'];
        const auditID = typeof id === 'string' ? id : undefined;
        resolve({ status, whole, left, auditID, body: Buffer.concat(parts) });
      });
    });
    sent.on('error', () => {});
    const leave = (): void => {
      left = true;
      sent.destroy();
    };
    const leaving = leaveAfterMs === undefined ? undefined : setTimeout(leave, leaveAfterMs);
    sent.once('close', () => {
      clearTimeout(leaving);
      const nothing = { status: 0, whole: false, left, auditID: undefined, body: Buffer.alloc(0) };
      // Once an answer has begun, its own end tells, which comes later.
      if (!begun) resolve(nothing);
    });
    // Two writes: the head and the body are two pieces, which a wire can part.
    if (text !== '') sent.write(text);
    sent.end();
  });
}

function headersOf({ auditID, chunked, headers: more }: Sending, text: string) {
  const headers: Record<string, string | number> = { 'audit-id': auditID, ...more };
  headers['accept'] = 'application/json';
  if (text !== '') headers['content-type'] = 'application/json';
  // Said in any case: without it, Node frames no body of a DELETE.
  if (text !== '' && chunked === true) headers['transfer-encoding'] = 'chunked';
  else if (text !== '') headers['content-length'] = Buffer.byteLength(text);
  return headers;
}

type Content = Pick<Answer, 'revision' | 'objects' | 'broken'>;

function contentOf(status: number, whole: boolean, body: Buffer): Content {
  const nothing: Content = { revision: undefined, objects: [], broken: false };
  if (!whole || status >= 300) return nothing;
  try {
    return { ...seenIn(body.toString('utf8')), broken: false };
  } catch {
    return { ...nothing, broken: true };
  }
}
