import type { IncomingMessage } from 'node:http';
import { isJsonObject, type JsonObject } from './object.ts';
import { badRequest, StatusError, unsupportedMediaType } from './status.ts';
import { parseYaml } from './yaml.ts';

/** The API server's own limit. */
const BODY_LIMIT_BYTES = 3 * 1024 * 1024;
/** No Kubernetes object comes near; what is deeper could exhaust the stack of whoever walks it. */
const DEPTH_LIMIT = 100;

/**
 * The whole body as text. Reads what is over the limit to its end, so that the client hears the answer.
 * @throws {StatusError} 413
 */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= BODY_LIMIT_BYTES) chunks.push(chunk);
  }
  if (size > BODY_LIMIT_BYTES) {
    const message = `Request entity too large: limit is ${BODY_LIMIT_BYTES}`;
    throw new StatusError(413, 'RequestEntityTooLarge', message);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** `application/json` of `application/json; charset=utf-8`, which is also what no header at all means. */
export function mediaTypeOf(request: IncomingMessage): string {
  const [type = ''] = (request.headers['content-type'] ?? 'application/json').split(';');
  return type.trim().toLowerCase();
}

/** The object in `text`. @throws {StatusError} 415, 400 */
export function decode(mediaType: string, text: string): JsonObject {
  const decoder = DECODERS.get(mediaType);
  if (decoder === undefined) throw unsupportedMediaType(DECODERS.keys());
  let value: unknown;
  try {
    value = decoder(text);
  } catch {
    // Without the decoders' words: they quote the body.
    throw badRequest(`the object provided is unrecognized: it can not be read as ${mediaType}`);
  }
  if (!isJsonObject(value)) {
    throw badRequest('the object provided is unrecognized: it is not an object');
  }
  if (isDeeperThan(DEPTH_LIMIT, value)) {
    throw badRequest(`the object provided is nested deeper than ${DEPTH_LIMIT} levels`);
  }
  return value;
}

const DECODERS: ReadonlyMap<string, (text: string) => unknown> = new Map([
  ['application/json', (text: string): unknown => JSON.parse(text)],
  ['application/yaml', parseYaml],
]);

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((child) => isDeeperThan(levels - 1, child));
}
