import type { Socket } from 'node:net';
import { parseFields } from '../../http1/head.ts';
import type { ServerAddress } from '../../kubeconfig/kubeconfig.ts';
import type { ProxyServer } from '../route.ts';
import type { ProxyAnswers } from './answers.ts';

// RFC 9112 section 4, as for the API server's own answers.
const STATUS_LINE = /^HTTP\/1\.[01] ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/;

/** What a status means that proxies are fond of. The reason phrase is not shown: it is whatever the proxy wants to say. */
const MEANINGS: Readonly<Record<number, string>> = {
  400: 'it did not understand',
  403: 'its rules do not allow this host or this port',
  404: 'it does not know the host',
  405: 'it opens no tunnels',
  500: 'it can not connect to the host either, or is out of order',
  502: 'it can not connect to the host either',
  503: 'it can not connect to the host either',
  504: 'it got no answer from the host',
};

/**
 * Asks an HTTP proxy for a tunnel to `server` (RFC 9110 section 9.3.6). Resolves when what follows is the server's.
 * @throws {PortholeError} `ERR_UPSTREAM_UNREACHABLE`, as rejection
 */
export async function connectThrough(
  socket: Socket,
  answers: ProxyAnswers,
  server: ServerAddress,
  credentials: ProxyServer['credentials'],
): Promise<void> {
  const host = server.hostname.includes(':') ? `[${server.hostname}]` : server.hostname;
  const target = `${host}:${server.port}`;
  socket.write(
    `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization(credentials)}\r\n`,
    'latin1',
  );
  const status = await finalStatus(answers);
  // Whatever framing a 2xx announces does not count.
  if (status >= 200 && status < 300) return;
  // tinyproxy, for one, answers 401 to a wrong password.
  if (status === 407 || status === 401) throw answers.refusal(wantsLogin(credentials));
  const meaning = MEANINGS[status] === undefined ? '' : `: ${MEANINGS[status]}`;
  throw answers.refusal(`the proxy refused CONNECT with status ${status}${meaning}`);
}

async function finalStatus(answers: ProxyAnswers): Promise<number> {
  for (;;) {
    const head = (await answers.head()).toString('latin1').slice(0, -2);
    const status = statusOf(head, answers);
    // 101 would be another protocol than the tunnel that was asked for.
    if (status >= 200 || status === 101) return status;
  }
}

function statusOf(head: string, answers: ProxyAnswers): number {
  const lineEnd = head.indexOf('\r\n');
  const line = STATUS_LINE.exec(head.slice(0, lineEnd));
  if (line === null) throw answers.malformed(undefined);
  try {
    parseFields(head, lineEnd + 2, 'ERR_UPSTREAM_UNREACHABLE');
  } catch (error) {
    throw answers.malformed(error);
  }
  return Number(line[1]);
}

/** RFC 7617, with what Go sends: the colon is there without a password too. */
function authorization(credentials: ProxyServer['credentials']): string {
  if (credentials === undefined) return '';
  const { username, password } = credentials;
  const encoded = Buffer.from(`${username}:${password}`).toString('base64');
  return `Proxy-Authorization: Basic ${encoded}\r\n`;
}

/** For both kinds of proxies. */
export function wantsLogin(credentials: ProxyServer['credentials']): string {
  return credentials === undefined
    ? 'the proxy wants a user name and password; write them into its URL as USER:PASSWORD@HOST'
    : 'the proxy does not accept the user name and password of its URL';
}
