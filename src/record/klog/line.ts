import { goEscape, goQuote } from '../go-quote.ts';

/** Key and value; strings are quoted, numbers and `Raw` texts stand as they are. */
export type Pair = readonly [key: string, value: string | number | Raw];

/** A value that stands in the line as it is: already in one line of visible characters. */
export interface Raw {
  readonly raw: string;
}

/**
 * Where the line comes from, in the place where klog has file and line of Go code: parsers of klog's format want both.
 */
const SOURCE = 'exchange.ts:1';

/**
 * One entry in klog's text format, with its newline (klog `internal/buffer: FormatHeader`, `serialize: KVListFormat`):
 *
 *     I1122 13:05:10.885627   22078 exchange.ts:1] "Response" verb="GET" status="200 OK" milliseconds=32
 *
 * `time` is ms since the epoch; its fraction becomes microseconds.
 */
export function klogLine(
  time: number,
  pid: number,
  message: string,
  pairs: readonly Pair[],
): string {
  const stamp = `I${timestamp(time)} ${String(pid).padStart(7)} ${SOURCE}]`;
  return `${stamp} ${goQuote(message)}${pairs.map(formatPair).join('')}\n`;
}

/** `mmdd hh:mm:ss.uuuuuu`, in local time. */
function timestamp(time: number): string {
  const date = new Date(time);
  const two = (n: number): string => String(n).padStart(2, '0');
  const micros = String(Math.min(Math.round((time % 1000) * 1000), 999_999)).padStart(6, '0');
  const day = two(date.getMonth() + 1) + two(date.getDate());
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${micros}`;
}

function formatPair([key, value]: Pair): string {
  if (typeof value === 'number') return ` ${key}=${value}`;
  if (typeof value === 'object') return ` ${key}=${value.raw}`;
  return ` ${key}=${value.includes('\n') ? block(value) : goQuote(value)}`;
}

/**
 * A text of several lines, indented so that no line of it can be taken for an entry or for the end of the block. klog
 * leaves the characters as they are; here nothing can steer a terminal.
 */
function block(text: string): string {
  const whole = text.endsWith('\n') ? text.slice(0, -1) : text;
  return `<\n\t${whole.replace(UNPRINTABLE, goEscape).replaceAll('\n', '\n\t')}\n >`;
}

/** What Go's `unicode.IsPrint` is not true of, but for tab and line feed. */
const UNPRINTABLE = /(?![\t\n ])[\p{C}\p{Z}]/gu;
