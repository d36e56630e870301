import type { ExchangeRecord } from '../exchange-record.ts';
import { cut } from '../json/json-text.ts';
import { maskPath, maskQuery } from '../mask/query.ts';
import { userOf } from './fields.ts';

const MAX_TARGET = 8 * 1024;
const MAX_TEXT = 1024;

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** Apache's names for control bytes; the rest is in hexadecimal. */
const NAMED: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

/**
 * One line of Apache's combined log format, with its newline: `%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"`. `%u` is
 * whom the request acts for, else who we are. Values of token-like keys are masked in the queries of both URLs.
 */
export function combinedLine(record: ExchangeRecord): string {
  const host = record.clientAddress || '-';
  const user = unquoted(record.impersonatedUser ?? userOf(record));
  const status = record.status ?? '-';
  const size = record.bytesOut === 0 ? '-' : record.bytesOut;
  const referer = quoted(record.referer === undefined ? undefined : maskUrl(record.referer));
  const agent = quoted(record.userAgent);
  return `${host} - ${user} ${time(record.time)} ${quoted(requestLine(record))} ${status} ${size} ${referer} ${agent}\n`;
}

/** Says in the log that lines are missing before this one, in a line that readers of the format can read. */
export function combinedNote(sentence: string, at: number): string {
  return `- - - ${time(at)} "-" - - "-" ${quoted(sentence)}\n`;
}

/** Undefined for a head that could not be read. */
function requestLine({ method, path, query, version }: ExchangeRecord): string | undefined {
  if (method === '') return undefined;
  const shown = maskPath(path);
  const target = query === '' ? shown : `${cut(shown, MAX_TARGET)}?${maskQuery(query)}`;
  return `${cut(method, MAX_TEXT)} ${cut(target, 2 * MAX_TARGET)} HTTP/${version}`;
}

/** Its userinfo says who somebody is, and its query may prove it. */
function maskUrl(url: string): string {
  return maskQuery(url.replace(/^([a-z][a-z0-9+.-]*:|)(\/\/)[^/?#]*@/i, '$1$2'));
}

/** `[22/Nov/2026:13:05:11 +0000]` */
function time(ms: number): string {
  const iso = new Date(ms).toISOString();
  const month = MONTHS[Number(iso.slice(5, 7)) - 1];
  return `[${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000]`;
}

function quoted(text: string | undefined): string {
  return text === undefined || text === '' ? '"-"' : `"${escaped(cut(text, 3 * MAX_TARGET))}"`;
}

/** Nothing stands around it: a space within would begin the next field. */
function unquoted(text: string | undefined): string {
  return text ? escaped(cut(text, MAX_TEXT)).replaceAll(' ', '\\x20') : '-';
}

/** httpd's `ap_escape_logitem`: quotes, backslashes, controls and all bytes above ASCII. Texts of heads are latin1. */
function escaped(text: string): string {
  return text.replace(/[^ !#-[\]-~]/gu, (char) => NAMED[char] ?? hexadecimal(char));
}

function hexadecimal(char: string): string {
  const bytes = Buffer.from(char, char > 'ÿ' ? 'utf8' : 'latin1');
  return [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
