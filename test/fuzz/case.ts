// One input of the fuzzer: what a client sends, and what the API server says to it. All texts are bytes, one code point each.
import { readFileSync } from 'node:fs';

/** What the API server says to one request. */
export interface ScriptedAnswer {
  readonly bytes: string;
  /** Ascending places at which it is written in pieces. */
  readonly cuts: readonly number[];
  /** What becomes of the connection after the last byte. */
  readonly after: 'keep' | 'end' | 'reset';
  /** It comes with the request's head, before the body. */
  readonly early: boolean;
}

/**
 * HTTP/1.1 in the clear or with TLS, or HTTP/2 for what lasts. `renewing` is with TLS, and there is always another credential
 * for one that the API server does not accept.
 */
export type Way = 'plain' | 'TLS' | 'HTTP/2' | 'renewing';

/** A client's connection, from its first byte to its last. */
export interface FuzzCase {
  readonly client: string;
  readonly cuts: readonly number[];
  /** A piece is sent when nothing more comes back of the one before. */
  readonly slow?: boolean;
  /** `end`: it ends its side behind the last byte. `stay`: once nothing more comes. `reset`: it resets the connection then. */
  readonly leave: 'end' | 'stay' | 'reset';
  /** How porthole and the API server speak. */
  readonly way: Way;
  /** To the requests, in the order in which they come; further ones get a plain answer. */
  readonly answers: readonly ScriptedAnswer[];
}

/** A case that was worth keeping. */
export interface Fixture extends FuzzCase {
  /** What was wrong. */
  readonly words: string;
  readonly seed?: number;
  readonly number?: number;
}

export function readFixture(path: string): Fixture {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** `text` in pieces, cut at each of the ascending `cuts` that lie in it. */
export function piecesOf(text: string, cuts: readonly number[]): string[] {
  const inside = cuts.filter((at) => at > 0 && at < text.length);
  return [0, ...inside].map((from, i) => text.slice(from, inside[i]));
}
