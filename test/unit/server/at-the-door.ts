import { PortholeError } from '../../../src/errors.ts';
import type { Door } from '../../../src/server/door.ts';
import type { Exchange, OutgoingHead } from '../../../src/server/exchange.ts';
import { parseRequestTarget } from '../../../src/server/request-target.ts';
import { outcomeOf, requestOf } from './request-of.ts';

/** What was answered on an exchange. */
export interface Answered {
  readonly heads: OutgoingHead[];
  ended: number;
}

/** Sends a request for `path` to the door's login, and says what it answered and which status it told. */
export function ask(
  door: Door,
  path: string,
  parts: { method?: string; headers?: string[] } = {},
): Answered & { status: number } {
  const answered: Answered = { heads: [], ended: 0 };
  const exchange = recording(requestOf({ ...parts, target: path }), answered);
  const status = door.login(exchange, parseRequestTarget(path));
  return { ...answered, status };
}

/** Logs in and returns the cookie as a browser sends it, `NAME=VALUE`. */
export function logIn(door: Door): string {
  return /^Set-Cookie: ([^;]*);/m.exec(ask(door, door.loginPath).heads[0]?.fields ?? '')?.[1] ?? '';
}

/** What the door lets through of these header lines, without Host; or the code of its refusal. */
export function inside(door: Door, headers: string[], upgrade?: string): string[] | string {
  let kept: string[] = [];
  const request = requestOf({ headers, ...(upgrade !== undefined && { upgrade }) });
  const code = outcomeOf(() => {
    const { names, values } = door.enter(request).headers;
    kept = names.flatMap((name, i) => [name, values[i] ?? '']).slice(2);
  });
  return code === 'ok' ? kept : code;
}

/** The error that `action` throws. */
export function refusalOf(action: () => unknown): PortholeError {
  try {
    action();
  } catch (error) {
    if (error instanceof PortholeError) return error;
    throw error;
  }
  throw new Error('there was no refusal');
}

function recording(request: Exchange['request'], answered: Answered): Exchange {
  const none = (): never => {
    throw new Error('a login does no such thing');
  };
  return {
    id: 'id',
    time: 0,
    startedAt: 0,
    clientAddress: '127.0.0.1',
    request,
    requestComplete: true,
    bytesIn: 0,
    bytesOut: 0,
    responded: false,
    status: undefined,
    failure: undefined,
    answerFields: '',
    trail: undefined,
    longRunning: false,
    onFailure: undefined,
    onDrain: undefined,
    readBody: none,
    resumeBody: none,
    inform: none,
    respond: (head) => answered.heads.push(head),
    write: none,
    flush: none,
    end() {
      answered.ended++;
    },
    abort: none,
    switchProtocols: none,
  };
}
