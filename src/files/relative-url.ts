// Go's url.URL escapes all else in a path.
const TO_ESCAPE = /[^A-Za-z0-9\-_.~$&+,/:;=@]+/g;

/** A relative URL that leads to `path`, as Go's `url.URL{Path: path}.String()` writes it. */
export function relativeUrl(path: string): string {
  const escaped = path.replace(TO_ESCAPE, (text) =>
    Buffer.from(text).toString('hex').toUpperCase().replace(/../g, '%$&'),
  );
  // `a:b` alone would be a URL of scheme `a`.
  return /^[^/]*:/.test(escaped) ? `./${escaped}` : escaped;
}
