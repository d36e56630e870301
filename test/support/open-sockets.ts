// What Linux says about the sockets of other processes.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The process that listens on a port of 127.0.0.1. */
export function pidListeningOn(port: number): number {
  const address = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((row) => row.trim().split(/\s+/));
  // Of /proc/net/tcp: local address, state (0A is LISTEN), inode.
  const inode = rows.find((row) => row[1] === address && row[3] === '0A')?.[9];
  const pid = readdirSync('/proc').find(
    (name) => /^\d+$/.test(name) && filesOf(name).includes(`socket:[${inode}]`),
  );
  if (pid === undefined) throw new Error(`no process listens on port ${port}`);
  return Number(pid);
}

/** How many sockets a process has open. */
export function socketsOf(pid: number): number {
  return filesOf(String(pid)).filter((file) => file.startsWith('socket:')).length;
}

function filesOf(pid: string): string[] {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).flatMap((fd) => {
      try {
        return [readlinkSync(`${folder}/${fd}`)];
      } catch {
        return []; // closed meanwhile
      }
    });
  } catch {
    return []; // ended meanwhile
  }
}
