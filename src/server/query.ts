import { unescape as decodeLeniently } from 'node:querystring';

const BROKEN_ESCAPE = /%(?![0-9A-Fa-f]{2})/;

/** The first value of a query parameter, as Go's `url.Values.Get` reads it; undefined without one. Never throws. */
export function queryParameter(query: string, name: string): string | undefined {
  // Most queries do not even hold the name, and only an escape could hide it.
  if (!query.includes(name) && !query.includes('%')) return undefined;
  for (const pair of query.split('&')) {
    // Go drops pairs that hold a semicolon or a broken escape, and so do we: the API server does not see them.
    if (pair.includes(';') || BROKEN_ESCAPE.test(pair)) continue;
    const at = pair.indexOf('=');
    const key = at < 0 ? pair : pair.slice(0, at);
    if (decode(key) === name) return at < 0 ? '' : decode(pair.slice(at + 1));
  }
  return undefined;
}

/** A boolean parameter: anything but `0`, `false` and absence is true (apimachinery's `Convert_Slice_string_To_bool`). */
export function queryFlag(query: string, name: string): boolean {
  const value = queryParameter(query, name)?.toLowerCase();
  return value !== undefined && value !== '0' && value !== 'false';
}

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  return decodeLeniently(text.replaceAll('+', ' '));
}

/**
 * The one object name that a field selector asks for by `metadata.name`, or '' (apimachinery's `fields.ParseSelector`
 * and `RequiresExactMatch`; names that cannot be a path segment do not count). An invalid selector asks for none.
 */
export function selectedName(fieldSelector: string): string {
  let selected: string | undefined;
  for (const term of splitTerms(fieldSelector).sort()) {
    if (term === '') continue;
    const [, field, operator, escaped] = /^(.*?)(!=|==?)(.*)$/s.exec(term) ?? [];
    const value = escaped === undefined ? undefined : unescapeValue(escaped);
    if (value === undefined) return '';
    if (field === 'metadata.name' && operator !== '!=') selected ??= value;
  }
  return selected === undefined || /^\.\.?$|[/%]/.test(selected) ? '' : selected;
}

function splitTerms(fieldSelector: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (const { 0: token, index } of fieldSelector.matchAll(/\\.|,/gs)) {
    if (token !== ',') continue;
    terms.push(fieldSelector.slice(start, index));
    start = index + 1;
  }
  terms.push(fieldSelector.slice(start));
  return terms;
}

function unescapeValue(text: string): string | undefined {
  if (!/^(?:[^\\,=]|\\[\\,=])*$/.test(text)) return undefined;
  return text.replace(/\\(.)/g, '$1');
}
