import type { Socket } from 'node:net';
import type { ServerAddress } from '../../kubeconfig/kubeconfig.ts';
import type { ProxyServer } from '../route.ts';
import type { ProxyAnswers } from './answers.ts';
import { wantsLogin } from './connect.ts';
import { ipBytes } from './ip-bytes.ts';

type Credentials = ProxyServer['credentials'];

const VERSION = 5;
const METHOD = { none: 0, password: 2, unacceptable: 0xff };
const CONNECT = 1;
const ADDRESS = { ipv4: 1, name: 3, ipv6: 4 };
const LONGEST = 255;

/** RFC 1928 section 6. */
const REPLIES: Readonly<Record<number, string>> = {
  1: 'it has a general failure',
  2: 'its rules do not allow the connection',
  3: 'the network is unreachable from there',
  4: 'the host is unreachable from there, or its name is not known there',
  5: 'the connection is refused there',
  6: 'the time to live expired on the way',
  7: 'it does not support the command CONNECT',
  8: 'it does not support this type of address',
};

/**
 * Asks a SOCKS5 proxy for a connection to `server` (RFC 1928; RFC 1929 for user name and password). Names are resolved by
 * the proxy, as with Go. Resolves when what follows is the server's.
 * @throws {PortholeError} `ERR_UPSTREAM_UNREACHABLE`, as rejection
 */
export async function socks5Through(
  socket: Socket,
  answers: ProxyAnswers,
  server: ServerAddress,
  credentials: Credentials,
): Promise<void> {
  // What can not be said is known before anything is.
  const destination = addressOf(server.hostname);
  if (destination === undefined)
    throw answers.refusal(`a host name of more than ${LONGEST} bytes does not fit into SOCKS5`);
  const login = credentials && loginOf(credentials);
  if (credentials !== undefined && login === undefined)
    throw answers.refusal(
      `the user name and password for a SOCKS5 proxy have at most ${LONGEST} bytes each, and the name at least one`,
    );
  await agree(socket, answers, login);
  const port = Buffer.from([server.port >> 8, server.port & 0xff]);
  socket.write(Buffer.concat([Buffer.from([VERSION, CONNECT, 0]), destination, port]));
  await reply(answers);
}

/** Settles who we are. */
async function agree(socket: Socket, answers: ProxyAnswers, login: Buffer | undefined) {
  const offered = login === undefined ? [METHOD.none] : [METHOD.none, METHOD.password];
  socket.write(Buffer.from([VERSION, offered.length, ...offered]));
  const [version, method] = await answers.take(2);
  if (version !== VERSION)
    throw answers.refusal('the proxy does not speak SOCKS5; should its URL begin with http:// ?');
  if (method === METHOD.none) return;
  if (method === METHOD.unacceptable && login === undefined)
    throw answers.refusal(wantsLogin(undefined));
  if (method !== METHOD.password || login === undefined)
    throw answers.refusal('the proxy wants another login than user name and password');
  socket.write(login);
  const [, status] = await answers.take(2);
  if (status !== 0)
    throw answers.refusal('the proxy does not accept the user name and password of its URL');
}

async function reply(answers: ProxyAnswers): Promise<void> {
  const [version, code = 0] = await answers.take(2);
  if (version !== VERSION) throw answers.refusal('the proxy broke the rules of SOCKS5');
  if (code !== 0) {
    const words = REPLIES[code] ?? 'for a reason that SOCKS5 does not know';
    throw answers.refusal(`the SOCKS5 proxy refused with code ${code}: ${words}`);
  }
  const [, type] = await answers.take(2);
  const length = await addressLength(type, answers);
  // The address that the proxy connects from, and its port.
  await answers.take(length + 2);
}

async function addressLength(type: number | undefined, answers: ProxyAnswers): Promise<number> {
  if (type === ADDRESS.ipv4) return 4;
  if (type === ADDRESS.ipv6) return 16;
  if (type !== ADDRESS.name) throw answers.refusal('the proxy broke the rules of SOCKS5');
  const [length = 0] = await answers.take(1);
  return length;
}

/** ATYP and DST.ADDR; undefined for a name that is too long. */
function addressOf(hostname: string): Buffer | undefined {
  const ip = ipBytes(hostname);
  if (ip !== undefined) {
    const type = ip.length === 4 ? ADDRESS.ipv4 : ADDRESS.ipv6;
    return Buffer.concat([Buffer.from([type]), ip]);
  }
  if (hostname.length > LONGEST) return undefined;
  return Buffer.concat([Buffer.from([ADDRESS.name, hostname.length]), Buffer.from(hostname)]);
}

/** RFC 1929 section 2; undefined for what does not fit. */
function loginOf({ username, password }: NonNullable<Credentials>): Buffer | undefined {
  const [name, secret] = [Buffer.from(username), Buffer.from(password)];
  if (name.length === 0 || name.length > LONGEST || secret.length > LONGEST) return undefined;
  const [one, nameLength, secretLength] = [1, name.length, secret.length].map((n) =>
    Buffer.from([n]),
  ) as [Buffer, Buffer, Buffer];
  return Buffer.concat([one, nameLength, name, secretLength, secret]);
}
