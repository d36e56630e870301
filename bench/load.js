// Drives a proxy: wrk for requests, a reader of our own for one long answer.
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cpuSeconds } from './accounting.js';
import { failure, start } from './processes.js';

/**
 * @typedef {object} Load
 * @property {number} requests answered
 * @property {number} rate requests a second
 * @property {number} p50 milliseconds
 * @property {number} p99 milliseconds
 */

const LONGEST_WAIT = '10s';
const MILLISECONDS = /** @type {Record<string, number>} */ ({ us: 1e-3, ms: 1, s: 1e3, m: 6e4 });
const post = fileURLToPath(new URL('post.lua', import.meta.url));

/**
 * One thread of wrk, so that it has one core and the proxy the other. Throws when anything but answers of 2xx came.
 * @param {number} port
 * @param {string} path
 * @param {{ connections: number, seconds: number, headers?: string[], posts?: boolean }} options
 * @returns {Promise<Load>}
 */
export async function drive(port, path, { connections, seconds, headers = [], posts = false }) {
  const wrk = start('wrk', [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    `--timeout=${LONGEST_WAIT}`,
    '--latency',
    ...(posts ? ['-s', post] : []),
    ...headers.flatMap((header) => ['-H', header]),
    `http://127.0.0.1:${port}${path}`,
  ]);
  let output = '';
  wrk.stdout?.on('data', (bytes) => {
    output += bytes;
  });
  const [code] = await once(wrk, 'close');
  if (code !== 0) throw failure(wrk);
  return parseWrk(output);
}

/**
 * @param {string} output of `wrk --latency`
 * @returns {Load}
 */
export function parseWrk(output) {
  const trouble = /^.*(?:Non-2xx|Socket errors).*$/m.exec(output)?.[0].trim();
  if (trouble !== undefined) throw new Error(`wrk met answers that do not count: ${trouble}`);
  const load = {
    requests: Number(/(\d+) requests in/.exec(output)?.[1]),
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]),
    p50: milliseconds(/\s50%\s+([\d.]+)(us|ms|s|m)\b/.exec(output)),
    p99: milliseconds(/\s99%\s+([\d.]+)(us|ms|s|m)\b/.exec(output)),
  };
  if (Object.values(load).some(Number.isNaN)) throw new Error(`wrk said something else: ${output}`);
  if (load.requests === 0) throw new Error('wrk got no answer');
  return load;
}

/** @param {RegExpExecArray | null} found */
function milliseconds(found) {
  return found === null ? Number.NaN : Number(found[1]) * MILLISECONDS[found[2]];
}

const LOOK_EVERY_MS = 100;
const AT_REST = 0.05;
const REST_WITHIN_MS = 20_000;

/**
 * Waits until a proxy answers and has come to rest: `kubectl proxy` is busy for seconds with 2,000 connections that wrk cut,
 * and that belongs to no other measurement.
 * @param {number} pid
 * @param {number} port
 * @param {string} path that it answers
 */
export async function atRest(pid, port, path) {
  const began = performance.now();
  await once(
    ask(port, path, () => true),
    'close',
  );
  for (let before = cpuSeconds(pid); performance.now() - began < REST_WITHIN_MS; ) {
    await sleep(LOOK_EVERY_MS);
    const now = cpuSeconds(pid);
    if (now - before < (AT_REST * LOOK_EVERY_MS) / 1000) return;
    before = now;
  }
}

/**
 * Reads one answer to its end as fast as it comes, into one buffer.
 * @param {number} port
 * @param {string} path
 * @param {number} least bytes that a whole answer has
 * @returns {Promise<{ bytes: number, seconds: number }>}
 */
export async function readAll(port, path, least) {
  const began = performance.now();
  let bytes = 0;
  let first = '';
  let last = '';
  const socket = ask(
    port,
    path,
    (piece) => {
      if (bytes === 0) first = piece.subarray(0, 12).toString('latin1');
      bytes += piece.length;
      last = (last + piece.subarray(-5).toString('latin1')).slice(-5);
      return true;
    },
    GULP,
  );
  await once(socket, 'close');
  const seconds = (performance.now() - began) / 1000;
  if (first !== 'HTTP/1.1 200' || bytes < least || last !== '0\r\n\r\n') {
    throw new Error(
      `the list came as "${first}", ${bytes} bytes, and ended in ${JSON.stringify(last)}`,
    );
  }
  return { bytes, seconds };
}

const SIP = 64 * 1024;
const SIP_EVERY_MS = 50;
const GULP = 512 * 1024;

/**
 * Reads an answer at `bytesPerSecond` for a while, then leaves.
 * @param {number} port
 * @param {string} path
 * @param {{ bytesPerSecond: number, seconds: number, each: () => void }} options `each` is called twenty times a second
 * @returns {Promise<void>} rejects when less came than was asked for
 */
export async function readSlowly(port, path, { bytesPerSecond, seconds, each }) {
  let bytes = 0;
  const began = performance.now();
  const due = () => ((performance.now() - began) / 1000) * bytesPerSecond;
  const socket = ask(port, path, (piece) => {
    bytes += piece.length;
    return bytes < due();
  });
  let trouble = 'the proxy was slower';
  socket.once('error', ({ message }) => {
    trouble = message;
  });
  while (performance.now() - began < seconds * 1000) {
    await sleep(SIP_EVERY_MS);
    if (bytes < due()) socket.resume();
    each();
  }
  socket.destroy();
  const wanted = seconds * bytesPerSecond;
  if (bytes < wanted / 2) throw new Error(`${bytes} bytes came instead of ${wanted}: ${trouble}`);
}

/**
 * @param {number} port
 * @param {string} path
 * @param {(piece: Buffer) => boolean} take false pauses
 * @param {number} [most] bytes of a piece
 */
function ask(port, path, take, most = SIP) {
  const buffer = Buffer.allocUnsafe(most);
  const socket = createConnection({
    port,
    host: '127.0.0.1',
    onread: { buffer, callback: (length) => take(buffer.subarray(0, length)) },
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`);
  return socket;
}
