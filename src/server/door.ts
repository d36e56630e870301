import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { unescape as decodeLeniently } from 'node:querystring';
import { PortholeError } from '../errors.ts';
import { HeaderList, trimmed } from '../http1/header-list.ts';
import type { RequestHead } from '../http1/message.ts';
import type { Exchange } from './exchange.ts';
import { loginCode, welcome } from './login.ts';
import type { RequestTarget } from './request-target.ts';

/** Where a browser turns a one-time code into its cookie. */
export const LOGIN_PATH = '/-/porthole/login';

/** Logins that are remembered; the oldest is forgotten for one more. */
const MOST_SESSIONS = 64;
const SHORTEST_TOKEN = 16;

/** RFC 6750 section 2.1: `b64token`. */
const B64TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** RFC 9110 section 11.4: a scheme in any case, one space or more, and a token. */
const BEARER = /^bearer +([^ ]+)$/i;

/** How a WebSocket of a browser brings a token (apiserver `websocket.ProtocolAuthenticator`): it can set no other field. */
const WEBSOCKET_BEARER = 'base64url.bearer.authorization.k8s.io.';

/** What opens the door. */
export interface DoorOptions {
  /** From `newToken` or `parseToken`. */
  readonly token: string;
  /** Cookies know no ports: a name that no other porthole on this host has. */
  readonly cookieName: string;
  /** The path that a login leads to. */
  readonly home: string;
  /** The port speaks https, so the cookie is for https alone. */
  readonly secure: boolean;
  /** Told the new `loginPath` each time that one was used up. */
  readonly onLogin: (loginPath: string) => void;
}

/** Lets in who knows the token, or has logged in. */
export interface Door {
  /**
   * The request without what it proves itself with: our token and our cookie are not for the API server. All else stays
   * as it was, an Authorization for the API server too.
   * @throws {PortholeError} `ERR_UNAUTHORIZED`
   */
  enter(request: RequestHead): RequestHead;
  /** The path and query that log one browser in, once. */
  readonly loginPath: string;
  /**
   * Answers a request for LOGIN_PATH that passed the checks of Host and Origin; returns the status.
   * @throws {PortholeError} `ERR_UNAUTHORIZED`, `ERR_ORIGIN_REFUSED`
   */
  login(exchange: Exchange, target: RequestTarget): number;
}

export function createDoor({ token, cookieName, home, secure, onLogin }: DoorOptions): Door {
  const isToken = secretMatcher(token);
  // Digests, oldest first. How long it takes to find one tells nothing of the secret behind it.
  const sessions = new Set<string>();
  const sieves = createSieves(isToken, cookieName, (session) => sessions.has(digestOf(session)));
  let code = newToken();
  const loginPath = (): string => `${LOGIN_PATH}?token=${code}`;
  return {
    enter(request) {
      const inside = enter(request, sieves);
      // After the proof only: a comparison that is not constant in time must not meet a stranger's guesses.
      const target = `${inside.target} ${decodeLeniently(inside.target)}`;
      if (target.includes(token) || inside.headers.values.some((v) => v.includes(token)))
        throw locked('The token of this proxy stands where the API server would see it');
      return inside;
    },
    get loginPath() {
      return loginPath();
    },
    login(exchange, target) {
      if (!secretMatcher(code)(loginCode(exchange.request, target) ?? ''))
        throw locked('A login takes a GET with a code that was not used before');
      code = newToken();
      const session = newToken();
      sessions.add(digestOf(session));
      const [oldest] = sessions;
      if (sessions.size > MOST_SESSIONS && oldest !== undefined) sessions.delete(oldest);
      const cookie = `${cookieName}=${session}; Path=/; HttpOnly; SameSite=Strict`;
      const status = welcome(exchange, home, secure ? `${cookie}; Secure` : cookie);
      onLogin(loginPath());
      return status;
    },
  };
}

/** 256 random bits, as a `b64token`. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** A token as a file has it, without the line end. Throws ERR_USAGE when it is short, or no Authorization could carry it. */
export function parseToken(text: string): string {
  const token = text.replace(/\r?\n$/, '');
  if (token.length < SHORTEST_TOKEN)
    throw new PortholeError(
      'ERR_USAGE',
      `The token for the door is empty or short; it needs at least ${SHORTEST_TOKEN} characters, such as "openssl rand -hex 32" prints.`,
    );
  if (!B64TOKEN.test(token))
    throw new PortholeError(
      'ERR_USAGE',
      'The token for the door is not one line of letters, digits and -._~+/ (with = at its end only), so that no Authorization could carry it.',
    );
  return token;
}

/** How to find what is meant for porthole in a field. */
interface Sieve {
  /** Stands between the parts of the field's value; left out where there is one part. */
  readonly separator?: string;
  /** Whether a part is meant for somebody else, or for porthole, or is right, too. */
  readonly judge: (part: string) => 'theirs' | 'ours' | 'proof';
}

function createSieves(
  isToken: (text: string) => boolean,
  cookieName: string,
  isSession: (text: string) => boolean,
): ReadonlyMap<string, Sieve> {
  // Another token is a client's own, for the API server.
  const judgeToken = (text: string) => (isToken(text) ? 'proof' : 'theirs');
  return new Map<string, Sieve>([
    ['authorization', { judge: (value) => judgeToken(BEARER.exec(value)?.[1] ?? '') }],
    ['sec-websocket-protocol', { separator: ',', judge: (part) => judgeToken(decoded(part)) }],
    [
      'cookie',
      {
        separator: ';',
        judge: (pair) => {
          const equals = pair.indexOf('=');
          if (equals < 0 || trimmed(pair, 0, equals) !== cookieName) return 'theirs';
          return isSession(trimmed(pair, equals + 1, pair.length)) ? 'proof' : 'ours';
        },
      },
    ],
  ]);
}

function enter(request: RequestHead, sieves: ReadonlyMap<string, Sieve>): RequestHead {
  const { headers } = request;
  // Two readers could take two different ones for the credential.
  if (headers.count('authorization') > 1)
    throw locked('The request has Authorization more than once');
  const kept = new HeaderList();
  const { names } = headers;
  let proven = false;
  for (let i = 0; i < headers.length; i++) {
    const value = headers.values[i] as string;
    const sieve = sieves.get(headers.keys[i] as string);
    const { proof, rest } =
      sieve === undefined ? { proof: false, rest: value } : sift(value, sieve);
    proven ||= proof;
    if (rest !== undefined) kept.append(names[i] as string, rest);
  }
  if (proven) return { ...request, headers: kept };
  throw locked(
    headers.has('authorization')
      ? 'The Authorization of this request is not the token of this proxy'
      : 'Nothing in this request shows that it may pass',
  );
}

/** What of a field's value is left without porthole's parts: undefined when that is nothing. */
function sift(value: string, sieve: Sieve): { proof: boolean; rest: string | undefined } {
  const { separator, judge } = sieve;
  const parts = separator === undefined ? [value] : value.split(separator);
  const verdicts = parts.map(judge);
  if (!verdicts.some((verdict) => verdict !== 'theirs')) return { proof: false, rest: value };
  const left = parts.filter((_, i) => verdicts[i] === 'theirs');
  const isEmpty = left.every((part) => trimmed(part, 0, part.length) === '');
  const rest = left.join(separator);
  return {
    proof: verdicts.includes('proof'),
    rest: isEmpty ? undefined : trimmed(rest, 0, rest.length),
  };
}

/** The token of a WebSocket subprotocol, read at least as leniently as the API server reads it; '' when it is another one. */
function decoded(protocol: string): string {
  const text = trimmed(protocol, 0, protocol.length);
  const at = WEBSOCKET_BEARER.length;
  if (text.slice(0, at).toLowerCase() !== WEBSOCKET_BEARER) return '';
  return Buffer.from(text.slice(at), 'base64url').toString('latin1');
}

/** Compares digests in constant time, so that a wrong guess takes as long as a nearly right one. */
function secretMatcher(secret: string): (text: string) => boolean {
  const expected = createHash('sha256').update(secret).digest();
  return (text) => timingSafeEqual(createHash('sha256').update(text).digest(), expected);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

function locked(what: string): PortholeError {
  return new PortholeError(
    'ERR_UNAUTHORIZED',
    `${what}; send the token of --require-token or --require-token-file as "Authorization: Bearer TOKEN", or open the newest login address that porthole printed, in a browser.`,
  );
}
