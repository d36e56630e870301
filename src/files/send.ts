import type { FileHandle } from 'node:fs/promises';
import { PortholeError } from '../errors.ts';
import type { Exchange } from '../server/exchange.ts';
import type { ByteRange } from './conditions.ts';

/** Read at a time. The socket may hold another piece that the client has not taken yet. */
const PIECE_BYTES = 64 * 1024;

/**
 * Writes a part of a file to the client, at the client's speed.
 * @throws {PortholeError} `ERR_FILE_ABORTED` when the part is not there any more, or the client's failure, as rejection
 */
export async function send(exchange: Exchange, handle: FileHandle, part: ByteRange): Promise<void> {
  const end = part.start + part.length;
  for (let at = part.start; at < end; ) {
    const piece = await readPiece(handle, at, Math.min(PIECE_BYTES, end - at));
    if (exchange.failure !== undefined) throw exchange.failure;
    at += piece.length;
    if (!exchange.write(piece) && at < end) await drained(exchange);
  }
}

/** A fresh buffer each time: the socket may still hold the one before. */
async function readPiece(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  const bytesRead = await handle.read(buffer, 0, length, position).then(
    (result) => result.bytesRead,
    (cause: NodeJS.ErrnoException) => {
      throw aborted(`can not be read on (${cause.code ?? 'unknown error'})`, cause);
    },
  );
  if (bytesRead === 0) throw aborted('became shorter');
  return buffer.subarray(0, bytesRead);
}

function drained(exchange: Exchange): Promise<void> {
  return new Promise((resolve, reject) => {
    exchange.onDrain = resolve;
    exchange.onFailure = reject;
    exchange.flush();
  });
}

function aborted(what: string, cause?: unknown): PortholeError {
  return new PortholeError('ERR_FILE_ABORTED', `--www: the file ${what} while it was sent`, {
    cause,
  });
}
