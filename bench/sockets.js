// Connections of a process, by the kernel's tables (Linux, proc(5)).
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const ESTABLISHED = '01';

/**
 * How many TCP connections a process has open to a port.
 * @param {number} pid
 * @param {number} port
 * @returns {number}
 */
export function connectionsTo(pid, port) {
  const own = socketsOf(pid);
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let count = 0;
  for (const table of ['tcp', 'tcp6']) {
    for (const line of readFileSync(`/proc/net/${table}`, 'utf8').split('\n').slice(1)) {
      const [, , remote, state, , , , , , inode] = line.trim().split(/\s+/);
      if (remote?.endsWith(suffix) && state === ESTABLISHED && own.has(inode)) count++;
    }
  }
  return count;
}

/** Inodes. @param {number} pid */
function socketsOf(pid) {
  const inodes = new Set();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // Closed since.
    }
  }
  return inodes;
}
