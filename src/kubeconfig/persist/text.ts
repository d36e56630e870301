import { PortholeError } from '../../errors.ts';

/** The text of a file without its byte order mark, and the way back to bytes of the same kind. */
export interface DecodedText {
  readonly text: string;
  readonly encode: (text: string) => Buffer;
}

/**
 * UTF-8, or what a byte order mark says.
 * @throws {PortholeError} `ERR_KUBECONFIG` when it is no text
 */
export function decodeText(bytes: Buffer): DecodedText {
  const mark = bytes.length > 1 ? bytes.readUInt16BE(0) : 0;
  if (mark === 0xfffe)
    return {
      text: decode(bytes, 'utf-16le'),
      encode: (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
    };
  if (mark === 0xfeff)
    return {
      text: decode(bytes, 'utf-16be'),
      encode: (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
    };
  const hasMark = bytes.subarray(0, 3).equals(Buffer.from('\ufeff'));
  return {
    text: decode(bytes, 'utf-8'),
    encode: (text) => Buffer.from(hasMark ? `\ufeff${text}` : text),
  };
}

function decode(bytes: Buffer, encoding: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new PortholeError('ERR_KUBECONFIG', 'the kubeconfig is not text any more', { cause });
  }
}
