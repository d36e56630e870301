import type { Exchange } from '../server/exchange.ts';

const PHRASES = {
  200: 'OK',
  206: 'Partial Content',
  301: 'Moved Permanently',
  304: 'Not Modified',
  405: 'Method Not Allowed',
  412: 'Precondition Failed',
  416: 'Range Not Satisfiable',
} as const;

export type FileStatus = keyof typeof PHRASES;

/** Begins an answer of `length` bytes. `fields` are header lines of its own, each with its CRLF. */
export function begin(
  exchange: Exchange,
  status: FileStatus,
  fields: string,
  length: number,
): void {
  if (exchange.failure !== undefined) throw exchange.failure;
  const date = new Date(exchange.time).toUTCString();
  const all = `Date: ${date}\r\n${fields}X-Content-Type-Options: nosniff\r\nCache-Control: no-cache\r\n`;
  exchange.respond({
    status,
    reason: PHRASES[status],
    // A 304 has no body, and a Content-Length would speak of the file (RFC 9110 section 8.6).
    fields: status === 304 ? all : `${all}Content-Length: ${length}\r\n`,
    framing: status === 304 ? { kind: 'none' } : { kind: 'length', length },
  });
}

/** A whole answer without a body. Returns its status. */
export function answerEmpty(exchange: Exchange, status: FileStatus, fields = ''): FileStatus {
  begin(exchange, status, fields, 0);
  exchange.end();
  return status;
}
