import { fieldText } from '../../http1/field-text.ts';
import { maskField } from '../mask/field.ts';

/** A header field, a query parameter. */
export interface NameValue {
  readonly name: string;
  readonly value: string;
}

/** The fields of a head's lines, as on the wire: a character for each byte. */
export function fieldsOf(lines: string): NameValue[] {
  return lines.split('\r\n').flatMap((line) => {
    const colon = line.indexOf(':');
    return colon < 0 ? [] : [{ name: line.slice(0, colon), value: line.slice(colon + 1).trim() }];
  });
}

/** The first value of a field, by lower-case name. */
export function firstOf(fields: readonly NameValue[], key: string): string | undefined {
  return fields.find(({ name }) => name.toLowerCase() === key)?.value;
}

/** As it stands in an archive: read as UTF-8, and masked unless secrets may be recorded. */
export function shownField({ name, value }: NameValue, recordSecrets: boolean): NameValue {
  const text = fieldText(value);
  return { name, value: recordSecrets ? text : maskField(name, text) };
}
