/** What takes lines, each with its newline. */
export interface Lines {
  write(line: string): void;
  /** The same for the first `length` of these bytes, which are lent. */
  writeAscii(bytes: Buffer, length: number): void;
}

/** Takes a secret out of texts, wherever a client wrote it: as it is, percent-encoded, or escaped as in JSON. */
export function hider(secret: string): (text: string) => string {
  const encoded = encodeURIComponent(secret);
  const escaped = JSON.stringify(secret).slice(1, -1);
  const forms = new Set([
    secret,
    encoded,
    encoded.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase()),
    escaped,
    // As Go's encoding/json writes it, for which HTML is always near.
    escaped.replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`),
  ]);
  // Longer forms first: a shorter one may be a part of them.
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return (text) => {
    let hidden = text;
    for (const form of ordered) hidden = hidden.replaceAll(form, '***');
    return hidden;
  };
}
