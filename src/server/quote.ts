const LONGEST = 200;

/**
 * A client's text as it may stand in a message that is printed, logged and sent: in quotes, visible ASCII only, the rest
 * escaped as in JSON, cut after 200 characters.
 */
export function quote(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
  return JSON.stringify(cut).replace(
    /[^ -~]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
