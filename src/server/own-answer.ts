import type { Exchange, OutgoingHead } from './exchange.ts';

const PHRASES = {
  204: 'No Content',
  301: 'Moved Permanently',
  303: 'See Other',
} as const;

/** Answers with porthole's own word and no body. `fields` are header lines, each with its CRLF. Returns the status. */
export function answerBodiless(
  exchange: Exchange,
  status: keyof typeof PHRASES,
  fields: string,
): number {
  const head: OutgoingHead = {
    status,
    reason: PHRASES[status],
    // A 204 has no Content-Length (RFC 9110 section 8.6).
    fields: status === 204 ? fields : `${fields}Content-Length: 0\r\n`,
    framing: status === 204 ? { kind: 'none' } : { kind: 'length', length: 0 },
  };
  exchange.respond(head);
  exchange.end();
  return status;
}
