/** Nothing in it that JSON escapes, or a terminal acts upon. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** The API server marks what it cuts from an audit event in this way (`pkg/audit/request.go`). */
const CUT = '...TRUNCATED';

/** A text as a JSON string. */
export function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : escapeControls(JSON.stringify(text));
}

/** The text, cut visibly when it is longer than `max` characters. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : text.slice(0, max) + CUT;
}

/**
 * JSON allows DEL, C1 controls and U+2028/2029 as they are; terminals act upon the first two (a log gets read with `cat`),
 * and some readers of lines end a line at the others. In JSON they can only stand in strings.
 */
export function escapeControls(text: string): string {
  return text.replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Whether text begins as a JSON object or array does. */
export function startsAsJson(text: string): boolean {
  const first = text.charCodeAt(0);
  // { or [
  if (first === 0x7b || first === 0x5b) return true;
  return first <= 0x20 && /^\s*[{[]/.test(text);
}

/** Whether it also ends so: that is sooner told than by a parser, which makes an error of `[info] ...`. */
export function mayBeJson(text: string): boolean {
  if (!startsAsJson(text)) return false;
  const whole = text.trim();
  return whole.endsWith(whole.startsWith('{') ? '}' : ']');
}
