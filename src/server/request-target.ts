import { PortholeError } from '../errors.ts';

/** A request-target in origin-form (RFC 9112 section 3.2.1), as policies and records read it. */
export interface RequestTarget {
  /** All of it, as sent. */
  readonly text: string;
  /** What stands before the `?`, as sent. */
  readonly path: string;
  /** What stands after the `?`, as sent; empty without one. */
  readonly query: string;
  /** `path` with its percent-escapes decoded once, as the API server decodes it. */
  readonly decodedPath: string;
}

const NOT_VISIBLE_ASCII_OR_HASH = /[^!"$-~]/;
// RE2's `.` does not match a line break, so one in the decoded path would hide the rest from a filter pattern.
const CONTROL = /[\0-\x1f\x7f-\x9f\u2028\u2029]/;
// `/..;x/` too: some servers drop the parameter before they resolve the segment.
const DOT_SEGMENT = /\/\.\.?(?:;[^/]*)?(?:\/|$)/;

/**
 * Splits a target and decodes its path once. Throws ERR_BAD_TARGET for a path that two readers could read in two ways.
 * Duplicate slashes are kept, and the query is not judged: it selects nothing that a filter protects.
 */
export function parseRequestTarget(target: string): RequestTarget {
  if (target.charCodeAt(0) !== 0x2f)
    throw bad('does not start with "/"; send the path alone, not a whole URL');
  if (NOT_VISIBLE_ASCII_OR_HASH.test(target))
    throw bad('has "#" or a character that is not visible ASCII; percent-encode it');
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const decodedPath = path.includes('%') ? decodeOnce(path) : path;
  if (decodedPath.includes('\\')) throw bad('has a backslash in its path; use "/"');
  if (decodedPath.includes('/.') && DOT_SEGMENT.test(decodedPath))
    throw bad('has a "." or ".." segment; send the path that it stands for');
  return { text: target, path, query: mark < 0 ? '' : target.slice(mark + 1), decodedPath };
}

function decodeOnce(path: string): string {
  let decoded: string;
  try {
    // Strict: throws for broken escapes, and for overlong or otherwise invalid UTF-8.
    decoded = decodeURIComponent(path);
  } catch {
    throw bad('has a percent-escape that is broken or is not UTF-8; write "%" itself as "%25"');
  }
  if (CONTROL.test(decoded)) throw bad('has an escaped control character or line separator');
  return decoded;
}

function bad(what: string): PortholeError {
  return new PortholeError('ERR_BAD_TARGET', `The request-target ${what}.`);
}
