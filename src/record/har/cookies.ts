/** A cookie of an HTTP Archive. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path?: string | undefined;
  readonly domain?: string | undefined;
  readonly httpOnly?: boolean;
  readonly secure?: boolean;
}

/** Those of a Cookie field's value (RFC 6265 section 4.2). */
export function cookies(value: string): Cookie[] {
  return value.split(';').flatMap(pair);
}

/** That of a Set-Cookie field's value (RFC 6265 section 4.1), without its end: an archive wants that as a date. */
export function setCookies(value: string): Cookie[] {
  const [first = '', ...attributes] = value.split(';');
  const of = (name: string): string | undefined =>
    attributes.flatMap(pair).find((attribute) => attribute.name.toLowerCase() === name)?.value;
  const has = (name: string): boolean =>
    attributes.some((attribute) => attribute.trim().toLowerCase() === name);
  return pair(first).map((cookie) => ({
    ...cookie,
    path: of('path'),
    domain: of('domain'),
    httpOnly: has('httponly'),
    secure: has('secure'),
  }));
}

function pair(text: string): Cookie[] {
  const equals = text.indexOf('=');
  if (equals < 0) return [];
  return [{ name: text.slice(0, equals).trim(), value: text.slice(equals + 1).trim() }];
}
