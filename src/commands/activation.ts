/** Did a service manager open our socket? systemd's `sd_listen_fds(3)`, without its library. */
import { PortholeError } from '../errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** `SD_LISTEN_FDS_START`: the first descriptor that is handed over. */
const FIRST_FD = 3;

/**
 * The descriptor of the listening socket that was handed to this process; undefined where none was: without the variables,
 * or with ones that are meant for another process or make no sense.
 * @throws {PortholeError} `ERR_USAGE` when there are several
 */
export function inheritedSocket(env: Env, pid: number): number | undefined {
  if (env['LISTEN_PID'] !== String(pid)) return undefined;
  const count = env['LISTEN_FDS'] ?? '';
  if (!/^[1-9]\d*$/.test(count)) return undefined;
  if (count === '1') return FIRST_FD;
  throw new PortholeError(
    'ERR_USAGE',
    `${count} sockets were handed over (LISTEN_FDS), but porthole serves one; leave one Listen line in the socket unit`,
  );
}

const VARIABLES = new Set(['LISTEN_PID', 'LISTEN_PIDFDID', 'LISTEN_FDS', 'LISTEN_FDNAMES']);

/** The environment for child processes, who have no part in the socket. */
export function withoutActivation(env: Env): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !VARIABLES.has(name)));
}
