// One request of the differential test, and what of its answer must be the same on both sides.
import { createHash } from 'node:crypto';
import { type Agent, request } from 'node:http';
import { gunzipSync } from 'node:zlib';

/**
 * `$WORDS` in path, headers and body stand for what only the run knows; see `Words`.
 * `status` and `holds` say what the row is about: both sides being wrong in the same way is no success.
 */
export interface Row {
  readonly name: string;
  /** GET unless given. */
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** 200 unless given. */
  readonly status?: number;
  readonly holds?: RegExp;
}

export interface Words {
  /** A namespace that this side has for itself. */
  readonly $NS: string;
  /** A version before the shared objects were made. */
  readonly $VERSION: string;
  /** The continue token after the first shared object. */
  readonly $CONTINUE: string;
  /** The entity tag of /openapi/v2. */
  readonly $ETAG: string;
}

/** One of the two proxies. */
export interface Side {
  readonly port: number;
  readonly agent: Agent;
  readonly words: Words;
}

interface Answer {
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface Comparable {
  readonly status: string;
  readonly headers: readonly string[];
  readonly body: string;
}

/** What may differ: time, id, and framing, which is each hop's own. */
const NOT_COMPARED = new Set([
  'date',
  'audit-id',
  'connection',
  'content-length',
  'transfer-encoding',
]);
const LARGE = 1_000_000;

/** Sends the row's request with no header but the row's own, Host, User-Agent and framing. */
export async function ask(row: Row, side: Side): Promise<Comparable> {
  const answer = await exchange(row, side);
  const headers = pairs(answer.rawHeaders);
  // Go's transport asks for gzip when the client does not, and undoes it, but for this trace.
  const undone = row.headers?.['Accept-Encoding'] === undefined;
  return {
    status: `${answer.status} ${answer.reason}`,
    headers: headers
      .filter(([name]) => !NOT_COMPARED.has(name.toLowerCase()))
      .filter(([name, value]) => !(undone && `${name}: ${value}` === 'Vary: Accept-Encoding'))
      .map(([name, value]) => normalised(`${name}: ${value}`, side)),
    body: comparableBody(answer.body, new Map(headers), side),
  };
}

function exchange(row: Row, side: Side): Promise<Answer> {
  const { method = 'GET', body } = row;
  const payload = body === undefined ? undefined : Buffer.from(filledIn(body, side));
  const headers = {
    Host: `127.0.0.1:${side.port}`,
    'User-Agent': 'differential/1.0',
    ...Object.fromEntries(
      Object.entries(row.headers ?? {}).map(([name, value]) => [name, filledIn(value, side)]),
    ),
    ...(payload === undefined || row.headers?.['Transfer-Encoding'] !== undefined
      ? {}
      : { 'Content-Length': String(payload.length) }),
  };
  const options = {
    host: '127.0.0.1',
    port: side.port,
    agent: side.agent,
    method,
    path: filledIn(row.path, side),
    headers,
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status, statusMessage: reason, rawHeaders } = response;
        resolve({ status, reason, rawHeaders, body: Buffer.concat(chunks) });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}

function comparableBody(raw: Buffer, headers: ReadonlyMap<string, string>, side: Side): string {
  const body = headers.get('Content-Encoding') === 'gzip' ? gunzipSync(raw) : raw;
  const binary = headers.get('Content-Type')?.includes('protobuf') === true;
  const text = binary ? body.toString('latin1') : normalised(body.toString('utf8'), side);
  if (text.length < LARGE) return text;
  return `${text.length} characters, ${createHash('sha256').update(text).digest('hex')}`;
}

/** What the API server makes up for each object, and the side's namespace, replaced by words. */
function normalised(text: string, side: Side): string {
  return text
    .replaceAll(side.words.$NS, '$NS')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
    .replace(/"(\d+[smhd]){1,2}"/g, '"AGE"')
    .replace(/"resourceVersion": ?"\d+"/g, '"resourceVersion":"VERSION"');
}

function filledIn(text: string, { words }: Side): string {
  return Object.entries(words).reduce(
    (filled, [word, value]) => filled.replaceAll(word, value),
    text,
  );
}

function pairs(rawHeaders: readonly string[]): [name: string, value: string][] {
  return rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? '']] : []));
}
