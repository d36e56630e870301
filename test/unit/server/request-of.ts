import { PortholeError } from '../../../src/errors.ts';
import { HeaderList } from '../../../src/http1/header-list.ts';
import type { RequestHead } from '../../../src/http1/message.ts';

interface Parts {
  method?: string;
  target?: string;
  host?: string;
  upgrade?: string;
  /** `['Name', 'value', ...]`, without Host. */
  headers?: string[];
}

/** A head as the parser would make it of these parts; the rest is a plain GET to localhost:8001. */
export function requestOf(parts: Parts = {}): RequestHead {
  const { method = 'GET', target = '/api/v1/pods', host = 'localhost:8001', upgrade } = parts;
  const headers = HeaderList.of('Host', host, ...(parts.headers ?? []));
  if (upgrade !== undefined) {
    headers.append('Connection', 'Upgrade');
    headers.append('Upgrade', upgrade);
  }
  return {
    method,
    target,
    version: '1.1',
    headers,
    host,
    framing: { kind: 'none' },
    upgrade,
    keepAlive: true,
  };
}

/** The code of the PortholeError that `action` throws, or `ok`; any other error is the test's failure. */
export function outcomeOf(action: () => unknown): string {
  try {
    action();
    return 'ok';
  } catch (error) {
    if (error instanceof PortholeError) return error.code;
    throw error;
  }
}
