import { Agent, type IncomingHttpHeaders, request } from 'node:http';

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Objects are sent as JSON. */
  readonly body?: object | string | Buffer;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A client of a proxy on this machine, with connections that are kept. */
export class Asker {
  readonly port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });

  constructor(port: number) {
    this.port = port;
  }

  /** Resolves with the answer, whatever it says. */
  ask(path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answered> {
    const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const type = bytes === undefined ? {} : { 'Content-Type': 'application/json' };
    const length = bytes === undefined ? {} : { 'Content-Length': Buffer.byteLength(bytes) };
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          agent: this.#agent,
          host: '127.0.0.1',
          port: this.port,
          method,
          path,
          headers: { 'User-Agent': 'raw-client/1.0', ...type, ...length, ...(headers as object) },
        },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part: Buffer) => parts.push(part)).once('error', reject);
          answer.once('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              headers: answer.headers,
              body: Buffer.concat(parts),
            }),
          );
        },
      );
      sent.once('error', reject).end(bytes);
    });
  }

  /** Asks, and rejects when the answer has another status. */
  async expect(status: number, path: string, asked: Asked = {}): Promise<Answered> {
    const answered = await this.ask(path, asked);
    if (answered.status === status) return answered;
    const what = `${asked.method ?? 'GET'} ${path}`;
    throw new Error(`${what} was answered ${answered.status}, not ${status}: ${answered.body}`);
  }

  post(path: string, body: object | string | Buffer, headers = {}): Promise<Answered> {
    return this.expect(201, path, { method: 'POST', body, headers });
  }

  patch(path: string, type: string, body: object | string, headers = {}): Promise<Answered> {
    return this.ask(path, {
      method: 'PATCH',
      body,
      headers: { 'Content-Type': type, ...headers },
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** A JSON answer's value. */
export function objectOf({ body }: Answered): { metadata: { resourceVersion: string } } {
  return JSON.parse(body.toString());
}
