// Forward proxies as people run them: microsocks and tinyproxy, on free ports of 127.0.0.1, with a login.
import { accessSync, constants, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { onFreePort, type Stop, startComponent } from './component.ts';

export interface RealProxy {
  /** With the right login: `socks5://USER:PASSWORD@127.0.0.1:PORT`. */
  readonly url: string;
  /** `127.0.0.1:PORT` */
  readonly authority: string;
  readonly password: string;
  /** How many connections onward its own log tells of. */
  opened(): number;
  stop: Stop;
}

const USER = 'joe';

/** A SOCKS5 proxy. */
export function startMicrosocks(dir: string): Promise<RealProxy> {
  const command = programOf('microsocks');
  // Not all of it may stand in a URL as it is.
  const password = 'secret+of%joe';
  const login = ['-u', USER, '-P', password];
  return onFreePort((port) => {
    const args = ['-i', '127.0.0.1', '-p', String(port), ...login];
    return start('socks5', port, { command, args, dir, password, opening: / connected to / });
  });
}

/** An HTTP proxy that opens tunnels to one port. */
export function startTinyproxy(dir: string, connectPort: number): Promise<RealProxy> {
  const command = programOf('tinyproxy');
  // It can read no others than letters and digits from its file.
  const password = 'secretofjoe';
  return onFreePort((port) => {
    const own = mkdtempSync(join(dir, 'tinyproxy-'));
    const file = join(own, 'tinyproxy.conf');
    writeFileSync(
      file,
      [
        `Port ${port}`,
        'Listen 127.0.0.1',
        'Allow 127.0.0.1',
        'Timeout 600',
        'LogLevel Connect',
        `BasicAuth ${USER} ${password}`,
        `ConnectPort ${connectPort}`,
        '',
      ].join('\n'),
    );
    const opening = /Established connection to host/;
    return start('http', port, { command, args: ['-d', '-c', file], dir: own, password, opening });
  });
}

interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly dir: string;
  readonly password: string;
  /** What it logs for each connection onward. */
  readonly opening: RegExp;
}

async function start(scheme: string, port: number, launch: Launch): Promise<RealProxy> {
  const { command, args, password, opening } = launch;
  const logFile = join(mkdtempSync(join(launch.dir, 'proxy-')), 'log');
  const ready = () => accepts(port);
  const stop = await startComponent({ name: command, command, args, logFile, ready });
  const authority = `127.0.0.1:${port}`;
  return {
    url: `${scheme}://${USER}:${encodeURIComponent(password)}@${authority}`,
    authority,
    password,
    opened: () =>
      readFileSync(logFile, 'utf8')
        .split('\n')
        .filter((line) => opening.test(line)).length,
    stop,
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function programOf(name: string): string {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  throw new Error(
    `The tests of forward proxies need ${name}: install it (apt-get install ${name}).`,
  );
}
