/** What Go's `unicode.IsPrint` is not true of, nearly, and what stands in the way of a quoted text. */
const QUOTED = /["\\]|(?! )[\p{C}\p{Z}]/gu;
/** Nothing of that. */
const PLAIN = /^[ !#-[\]-~]*$/;

const SHORT: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
]);

/** As Go's `strconv.Quote`. */
export function goQuote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : `"${text.replace(QUOTED, goEscape)}"`;
}

/** One character as it stands in what that gives. */
export function goEscape(char: string): string {
  const short = SHORT.get(char);
  if (short !== undefined) return short;
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
