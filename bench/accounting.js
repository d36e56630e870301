// What a process has cost, by the operating system's own books (Linux, proc(5)). Nothing is asked of the process itself.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const TICKS_A_SECOND = 100;
const NANOSECONDS = 1e9;

/**
 * Seconds on a CPU since its start, user and system, all threads. /proc/PID/stat counts in ticks of 10 ms; the scheduler's
 * nanoseconds (task/TID/schedstat) are exact, but only of threads that live, so the larger of both is told.
 * @param {number} pid
 * @returns {number}
 */
export function cpuSeconds(pid) {
  const fields = afterName(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Math.max(ticks / TICKS_A_SECOND, liveThreadSeconds(pid));
}

/** @param {number} pid */
function liveThreadSeconds(pid) {
  let nanoseconds = 0;
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(scheduled(`/proc/${pid}/task/${tid}/schedstat`).split(' ')[0]);
  }
  return nanoseconds / NANOSECONDS;
}

/** @param {string} path */
function scheduled(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '0'; // A kernel without it, or a thread that has just ended.
  }
}

/** Fields of /proc/PID/stat from the third on: the second, the name, may hold spaces and brackets. @param {string} stat */
function afterName(stat) {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/**
 * Resident memory in bytes (VmRSS, what `ps` and `top` show): shared pages count in full, so that the figure does not
 * depend on which other programs run.
 * @param {number} pid
 * @returns {number}
 */
export function rssBytes(pid) {
  return statusBytes(pid, 'VmRSS');
}

/**
 * The most resident memory in bytes since the start, or since `resetPeakRss` (VmHWM).
 * @param {number} pid
 * @returns {number}
 */
export function peakRssBytes(pid) {
  return statusBytes(pid, 'VmHWM');
}

/**
 * Begins a new peak (proc(5): 5 to clear_refs).
 * @param {number} pid
 */
export function resetPeakRss(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/**
 * Open file descriptors.
 * @param {number} pid
 * @returns {number}
 */
export function openFiles(pid) {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** @param {number} pid @param {string} field */
function statusBytes(pid, field) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
  if (kibibytes === undefined)
    throw new Error(`/proc/${pid}/status has no ${field}: the process has ended`);
  return Number(kibibytes) * 1024;
}
