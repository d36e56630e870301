import { fstatSync, readFileSync } from 'node:fs';
import { type AddressInfo, BlockList, type ListenOptions, type Server } from 'node:net';
import { PortholeError } from '../errors.ts';
import type { Bound } from './listen.ts';
import { bindUnixSocket } from './unix-socket.ts';

/** Where to listen: on an inherited socket, else on a unix socket, else on an address and port. */
export interface Place {
  /** IP address or host name, IPv6 without brackets. */
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Path of a unix socket. */
  readonly unixSocket?: string | undefined;
  /** A listening socket that was inherited, TCP or unix (systemd's `LISTEN_FDS`). */
  readonly fd?: number | undefined;
}

export interface Binding {
  readonly bound: Bound;
  /** Takes away, at once, what closing the server would leave behind. */
  release(): void;
}

/**
 * Clients that may wait to be accepted, of which the kernel allows what it allows (net.core.somaxconn, as Go asks for). With
 * Node's 511 a burst of more loses handshakes, and who has lost one tries again after a second.
 */
const BACKLOG = 4_096;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Has `server` listen at `place`. No client is accepted before the caller has run on.
 * @throws {PortholeError} `ERR_LISTEN`, as rejection; the server may be open then
 */
export async function bind(server: Server, place: Place): Promise<Binding> {
  const { fd, unixSocket } = place;
  if (fd !== undefined) return { bound: await inherit(server, fd), release() {} };
  if (unixSocket !== undefined) {
    const release = await bindUnixSocket(unixSocket, (path) => open(server, { path }));
    return { bound: unixBound(unixSocket), release };
  }
  const { address, port } = place;
  const shown = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  await open(server, { host: address, port }).catch((error: NodeJS.ErrnoException) => {
    const reason = REASONS[error.code ?? ''] ?? error.message;
    throw new PortholeError('ERR_LISTEN', `listen tcp ${shown}: ${reason}`, { cause: error });
  });
  return { bound: tcpBound(server.address() as AddressInfo), release() {} };
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'address already in use; end the program that has it, or take another port with --port (0: any free one)',
  EACCES: 'permission denied; ports below 1024 need privileges, take another with --port',
  EADDRNOTAVAIL: 'this machine has no such address',
  EINVAL:
    'the address can not be listened on; an IPv6 address of one link needs its zone, as in fe80::1%eth0',
  ENOTFOUND: 'no such host; --address takes an IP address of this machine or localhost',
};

function open(server: Server, at: ListenOptions | { readonly fd: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...at, backlog: BACKLOG }, resolve);
  });
}

async function inherit(server: Server, fd: number): Promise<Bound> {
  try {
    await open(server, { fd });
    // Null on a unix socket that Node has not bound itself.
    const info = server.address() as AddressInfo | null;
    return info === null ? unixBound(pathOf(fd)) : tcpBound(info);
  } catch (cause) {
    throw new PortholeError(
      'ERR_LISTEN',
      `listen fd ${fd}: it is no listening socket; whoever starts porthole has to pass one, as systemd does for a .socket unit`,
      { cause },
    );
  }
}

function unixBound(path: string): Bound {
  return { address: path, port: 0, loopback: true };
}

function tcpBound({ address, family, port }: AddressInfo): Bound {
  const isV6 = family === 'IPv6';
  return {
    address: isV6 ? `[${address}]:${port}` : `${address}:${port}`,
    port,
    loopback: LOOPBACK.check(address, isV6 ? 'ipv6' : 'ipv4'),
  };
}

/** Where a unix socket of ours is bound: Node does not say, but Linux does (proc_net_unix(5)). */
function pathOf(fd: number): string {
  try {
    const { ino } = fstatSync(fd);
    const entry = new RegExp(`^(?:\\S+ +){6}${ino} (.+)$`, 'm');
    return entry.exec(readFileSync('/proc/net/unix', 'utf8'))?.[1] ?? `fd ${fd}`;
  } catch {
    return `fd ${fd}`;
  }
}
