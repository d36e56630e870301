/** The text of a field's value: heads are read code point for byte, and what is not ASCII in them is UTF-8 nearly always. */
export function fieldText(value: string): string {
  return /[\x80-\xff]/.test(value) ? Buffer.from(value, 'latin1').toString() : value;
}
