import { mimes } from 'mrmime';

/** How many bytes of a file {@link typeOfBytes} wants. */
export const SNIFFED_BYTES = 512;

// Go's mime package marks every text type so, and no other.
const UTF_8 = '; charset=utf-8';
// The "binary data bytes" of the WHATWG MIME Sniffing Standard, section 3.
const BINARY = /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]/;

/** The Content-Type that a file's extension tells, if it is a known one. */
export function typeOfName(name: string): string | undefined {
  const dot = name.lastIndexOf('.');
  if (dot < 0) return undefined;
  const extension = name.slice(dot + 1).toLowerCase();
  // mrmime does not know it, and every browser asks for /favicon.ico.
  if (extension === 'ico') return 'image/x-icon';
  if (!Object.hasOwn(mimes, extension)) return undefined;
  const type = mimes[extension] as string;
  return type.startsWith('text/') ? type + UTF_8 : type;
}

/** The Content-Type by a file's first bytes. Text is never taken for HTML: that would let any file run scripts. */
export function typeOfBytes(first: Buffer): string {
  return BINARY.test(first.toString('latin1')) ? 'application/octet-stream' : `text/plain${UTF_8}`;
}
