import { fieldText } from '../../http1/field-text.ts';
import { maskField } from '../mask/field.ts';
import { maskUrl } from '../mask/url.ts';

/** A header field as it may be shown: its value is masked, and read as UTF-8. */
export interface ShownField {
  readonly name: string;
  readonly value: string;
}

/** The head of a request as it was sent, as it may be shown. */
export interface ShownHead {
  readonly method: string;
  /** Absolute; its query is masked. */
  readonly url: string;
  /** In the order in which they were sent, without Host, which is in the URL. */
  readonly fields: readonly ShownField[];
}

/** `head` is as it was written to the wire: one character for each byte, up to the empty line. */
export function shownHead(head: string, scheme: string): ShownHead {
  const lines = head.split('\r\n');
  const [method = '', path = ''] = (lines[0] ?? '').split(' ', 2);
  const fields: ShownField[] = [];
  let host = '';
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === 'host') host = value;
    else fields.push(shownField(name, value));
  }
  return { method, url: maskUrl(`${scheme}://${host}${path}`), fields };
}

/** `value` is as on the wire: one character for each byte. */
export function shownField(name: string, value: string): ShownField {
  return { name, value: maskField(name, fieldText(value)) };
}

/** Sorted by name, a line for each value (client-go `transport/round_trippers.go: headersMap`). */
export function sortedLines(fields: readonly ShownField[]): string {
  const key = ({ name }: ShownField): string => name.toLowerCase();
  const sorted = fields.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
  return sorted.map(({ name, value }) => `${name}: ${value}\n`).join('');
}

/** What curl works out by itself. */
const NOT_FOR_CURL = new Set(['content-length', 'transfer-encoding']);

/**
 * A command that sends the request anew, without its body (client-go `requestInfo.toCurl`). kubectl's requests are its
 * own; these are anybody's, so nothing in them may be anything but text to a shell.
 */
export function curlCommand({ method, url, fields }: ShownHead): string {
  const headers = fields
    .filter(({ name }) => !NOT_FOR_CURL.has(name.toLowerCase()))
    .map(({ name, value }) => ` -H ${shellWord(`${name}: ${value}`)}`);
  const verb = /^[A-Za-z]+$/.test(method) ? method : shellWord(method);
  return `curl -v -X${verb} ${headers.join('')} '${url.replace(/['\\]/g, percentEncoded)}'\n`;
}

/**
 * In double quotes, as kubectl has it, unless a shell would read something else than text there. Backslashes stand outside
 * of single quotes, as these do themselves: fish takes them for escapes within.
 */
function shellWord(text: string): string {
  return /["\\$`!]/.test(text) ? `'${text.replace(/['\\]/g, String.raw`'\$&'`)}'` : `"${text}"`;
}

function percentEncoded(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
}
