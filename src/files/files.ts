import { type FileHandle, readdir } from 'node:fs/promises';
import { PortholeError } from '../errors.ts';
import type { Exchange } from '../server/exchange.ts';
import { answerEmpty, begin } from './answer.ts';
import { type ByteRange, judge, rangeOf, type Validators, validatorsOf } from './conditions.ts';
import { SNIFFED_BYTES, typeOfBytes, typeOfName } from './content-type.ts';
import { notFound } from './failure.ts';
import { listing } from './listing.ts';
import { attempt, checkUnmoved, type Found, find, type OpenFile, openFile } from './lookup.ts';
import { canonicalUrl, slashedUrl } from './redirect.ts';
import { send } from './send.ts';

export interface FilesOptions {
  /** The root, `--www`. It need not exist yet. */
  readonly directory: string;
  /** Whether directories without an index.html are listed, `--www-list`. */
  readonly listings: boolean;
}

/**
 * Answers with the file at `path`, which is decoded, below the prefix, and begins with a slash. Resolves to the status
 * of the answer once all of it was handed to the exchange.
 * @throws {PortholeError} as rejection: what keeps the file from being served, or the client's failure. When the answer
 * has begun, it has to be aborted.
 */
export type Files = (exchange: Exchange, path: string) => Promise<number>;

/** Serves a directory as Go's http.FileServer does, which is kubectl's, but nothing outside of it. */
export function createFiles(options: FilesOptions): Files {
  return async (exchange, path) => {
    const { method, target } = exchange.request;
    if (method !== 'GET' && method !== 'HEAD') {
      return answerEmpty(exchange, 405, 'Allow: GET, HEAD\r\n');
    }
    const mark = `${target}?`.indexOf('?');
    // A slash in a name, and no file has such a name. Taken for a separator, it would lead relative URLs astray.
    if (/%2f/i.test(target.slice(0, mark))) throw notFound('there is no such file');
    const query = target.slice(mark);
    const canonical = canonicalUrl(path);
    if (canonical !== undefined) return redirect(exchange, canonical, query);
    const found = await find(options.directory, path);
    const slashed = slashedUrl(path, found.kind);
    if (slashed !== undefined) return redirect(exchange, slashed, query);
    const index = found.kind === 'directory' ? await findIndex(options.directory, path) : found;
    if (index !== undefined) return serveFile(exchange, index);
    if (options.listings) return serveListing(exchange, found);
    throw notFound('this directory has no index.html; --www-list lists such directories');
  };
}

/** The index.html of the directory at `path`, if there is one. */
async function findIndex(root: string, path: string): Promise<Found | undefined> {
  try {
    const found = await find(root, `${path}index.html`);
    return found.kind === 'file' ? found : undefined;
  } catch (error) {
    if (error instanceof PortholeError && error.code === 'ERR_NOT_FOUND') return undefined;
    throw error;
  }
}

function redirect(exchange: Exchange, url: string, query: string): number {
  return answerEmpty(exchange, 301, `Location: ${url}${query === '?' ? '' : query}\r\n`);
}

async function serveFile(exchange: Exchange, found: Found): Promise<number> {
  const file = await openFile(found);
  try {
    return await serveOpenFile(exchange, found.name, file);
  } finally {
    await file.handle.close();
  }
}

async function serveOpenFile(exchange: Exchange, name: string, file: OpenFile): Promise<number> {
  const { headers, method } = exchange.request;
  const { handle, stats } = file;
  const validators = validatorsOf(stats);
  const verdict = judge(headers, validators);
  if (verdict !== 200) return answerUnsent(exchange, verdict, validators);
  const size = Number(stats.size);
  // Range is for GET only (RFC 9110 section 14.2).
  const range = method === 'GET' ? rangeOf(headers, validators, size) : 'whole';
  if (range === 'unsatisfiable') {
    return answerEmpty(exchange, 416, `Content-Range: bytes */${size}\r\n`);
  }
  const type = typeOfName(name) ?? typeOfBytes(await firstBytes(handle));
  const fields = `Accept-Ranges: bytes\r\n${representation(exchange, type, validators)}`;
  const part = range === 'whole' ? { start: 0, length: size } : range;
  if (range === 'whole') begin(exchange, 200, fields, size);
  else begin(exchange, 206, fields + contentRange(range, size), range.length);
  if (method === 'GET') await send(exchange, handle, part);
  exchange.end();
  return range === 'whole' ? 200 : 206;
}

async function firstBytes(handle: FileHandle): Promise<Buffer> {
  const buffer = Buffer.alloc(SNIFFED_BYTES);
  const { bytesRead } = await attempt(handle.read(buffer, 0, buffer.length, 0));
  return buffer.subarray(0, bytesRead);
}

async function serveListing(exchange: Exchange, { realPath, stats }: Found): Promise<number> {
  const { headers, method } = exchange.request;
  const validators = validatorsOf(stats);
  const verdict = judge(headers, validators);
  if (verdict !== 200) return answerUnsent(exchange, verdict, validators);
  const entries = await attempt(readdir(realPath, { withFileTypes: true }));
  await checkUnmoved(realPath);
  const page = Buffer.from(listing(entries));
  begin(
    exchange,
    200,
    representation(exchange, 'text/html; charset=utf-8', validators),
    page.length,
  );
  if (method === 'GET') exchange.write(page);
  exchange.end();
  return 200;
}

function answerUnsent(exchange: Exchange, verdict: 304 | 412, { etag }: Validators): number {
  return answerEmpty(exchange, verdict, verdict === 304 ? `ETag: ${etag}\r\n` : '');
}

function representation(exchange: Exchange, type: string, { etag, modified }: Validators): string {
  const fields = `Content-Type: ${type}\r\nETag: ${etag}\r\n`;
  if (modified === undefined) return fields;
  // Never later than the answer (RFC 9110 section 8.8.2.1).
  const date = new Date(Math.min(modified, exchange.time)).toUTCString();
  return `${fields}Last-Modified: ${date}\r\n`;
}

function contentRange({ start, length }: ByteRange, size: number): string {
  return `Content-Range: bytes ${start}-${start + length - 1}/${size}\r\n`;
}
