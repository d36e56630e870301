import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type Agent, type AgentOptions, request } from 'node:https';
import { mintAuthority } from '#certs/mint.ts';
import { type DemoServer, startDemoServer } from '../../src/demo/server.ts';

const authority = mintAuthority({ commonName: 'demo-ca' });

/** What a demo API server of the tests proves itself with, and how one of its clients does. */
export const serverTls = { ca: authority.pem, ...authority.issueServer() };
export const identity = { ca: authority.pem, ...authority.issueClient({ commonName: 'tester' }) };

export interface CallOptions {
  readonly method?: string;
  /** `application/json` by default. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text, or what becomes JSON. */
  readonly body?: string | object;
  readonly tls?: AgentOptions;
  /** For many requests on one connection. */
  readonly agent?: Agent;
}

/** Sends a request, on a connection of its own unless told otherwise. Resolves with the head of its answer. */
export async function open(url: string, options: CallOptions = {}): Promise<IncomingMessage> {
  const { method = 'GET', type = 'application/json', tls = identity, body = '' } = options;
  const text = typeof body === 'object' ? JSON.stringify(body) : body;
  // The length is said because node:http leaves the body of a DELETE unframed.
  const headers = { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) };
  const outgoing = request(url, {
    ...tls,
    agent: options.agent ?? false,
    method,
    headers: { ...headers, ...options.headers },
  });
  outgoing.end(text);
  const [response] = await once(outgoing, 'response');
  return response;
}

export async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return text;
}

/** A demo server, and a way to ask it: `call('GET /version')`. JSON answers are parsed. */
export async function startDemoForTest() {
  const server: DemoServer = await startDemoServer({ tls: serverTls });
  const call = async (line: string, options: CallOptions = {}) => {
    const [method = '', target = ''] = line.split(' ');
    const response = await open(`${server.url}${target}`, { ...options, method });
    const type = response.headers['content-type'];
    const text = await textOf(response);
    const body = type === 'application/json' ? JSON.parse(text) : text;
    return { code: response.statusCode, type, body };
  };
  return { server, call };
}
