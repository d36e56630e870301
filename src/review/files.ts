/** Where the bytes of audit files come from: plain or compressed, to their end or beyond. */
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type FOLLOWED_ANEW, followed } from './follow.ts';

const CHUNK = 256 * 1024;

/** Bytes of a file, or that those before belong to another one than those that come. */
export type Piece = Buffer | typeof FOLLOWED_ANEW;

/**
 * Reads a file, unpacked where it begins as gzip does. With a signal it goes on beyond the end as `tail -F` would, until the
 * signal aborts; not in what is compressed or no regular file.
 * @throws what the system says
 */
export async function* piecesOf(path: string, following?: AbortSignal): AsyncGenerator<Piece> {
  const file = await open(path, 'r');
  if (following !== undefined && (await canBeFollowed(file))) {
    yield* followed(path, file, following);
    return;
  }
  try {
    yield* unpacked(chunksOf(file));
  } finally {
    await file.close();
  }
}

async function canBeFollowed(file: FileHandle): Promise<boolean> {
  if (!(await file.stat()).isFile()) return false;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
  return !isGzip(buffer.subarray(0, bytesRead));
}

async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer> {
  while (true) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(CHUNK), 0, CHUNK, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** RFC 1952 section 2.3.1. */
function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** What was compressed with gzip, as it was before; anything else as it is. */
export async function* unpacked(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]();
  let begin = Buffer.alloc(0);
  while (begin.length < 2) {
    const { done, value } = await chunks.next();
    if (done) break;
    begin = begin.length === 0 ? asBuffer(value) : Buffer.concat([begin, value]);
  }
  const whole = joined(begin, chunks);
  if (!isGzip(begin)) {
    yield* whole;
    return;
  }
  const gunzip = createGunzip({ chunkSize: CHUNK });
  const feeding = pipeline(whole, gunzip);
  feeding.catch(() => {}); // whoever reads sees the error too
  for await (const chunk of gunzip) yield chunk;
  await feeding;
}

async function* joined(
  begin: Buffer,
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Buffer, void> {
  try {
    yield begin;
    for (let next = await chunks.next(); !next.done; next = await chunks.next())
      yield asBuffer(next.value);
  } finally {
    await chunks.return?.();
  }
}

function asBuffer(bytes: Uint8Array): Buffer<ArrayBuffer> {
  return Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}
