// A crowd of `npm run load`, a process of its own. argv: one JSON object, `Crowd`. stdout: a JSON object a line: `{}` when all
// are there, and after SIGUSR2 `Crowded`.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { STRESS_PATHS } from './stress-paths.js';

/** @typedef {import('node:net').Socket} Socket */
/** @typedef {{ port: number, kind: keyof typeof KINDS, count: number, rate?: number }} Crowd `rate` in bytes a second, of each */
/** @typedef {{ connected: number, closed: number, bytesIn: number, bytesOut: number, statuses: Record<string, number> }} Crowded */

const HEAD = 'HTTP/1.1\r\nHost: localhost\r\n';
const FIELDS = Buffer.from(`X-More: ${'x'.repeat(1000)}\r\n`.repeat(16));
const CHUNK = Buffer.from(`10000\r\n${'x'.repeat(0x10000)}\r\n`);
/** Dialled at once. */
const TOGETHER = 100;
const AGAIN_MS = 20;

/** @type {Crowd} */
const { port, kind, count, rate = 0 } = JSON.parse(process.argv[2] ?? '');
/** @type {Crowded} */
const crowded = { connected: 0, closed: 0, bytesIn: 0, bytesOut: 0, statuses: {} };
/** @type {Set<Socket>} */
const open = new Set();
let ending = false;

const KINDS = {
  /** Say nothing. */
  silent: { again: false, speak: () => {} },
  /** Ask once each, on connections of their own. */
  short: {
    again: false,
    speak: (/** @type {Socket} */ socket) =>
      void socket.write(`GET ${STRESS_PATHS.small} ${HEAD}Connection: close\r\n\r\n`),
  },
  /** Send header fields without end, as fast as they are taken. */
  heads: {
    again: true,
    speak: (/** @type {Socket} */ socket) => pour(socket, `GET /api ${HEAD}`, FIELDS),
  },
  /** Send a body without end, likewise. */
  bodies: {
    again: true,
    speak: (/** @type {Socket} */ socket) =>
      pour(
        socket,
        `POST ${STRESS_PATHS.small} ${HEAD}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
        CHUNK,
      ),
  },
  /** Ask for a list of 1 GB, and do not read. */
  stalled: {
    again: false,
    speak: (/** @type {Socket} */ socket) => {
      socket.pause();
      socket.write(`GET ${STRESS_PATHS.list} ${HEAD}\r\n`);
    },
  },
  /** Read what watches bring. */
  watches: {
    again: false,
    speak: (/** @type {Socket} */ socket) =>
      void socket.write(`GET ${STRESS_PATHS.watch(rate)} ${HEAD}\r\n`),
  },
};

process.once('SIGUSR2', () => {
  ending = true;
  for (const socket of open) crowded.bytesOut += socket.bytesWritten;
  console.log(JSON.stringify(crowded));
  for (const socket of open) socket.destroy();
});
await gather();
if (!ending) console.log('{}');
// Until it is told to end.
const alive = setInterval(() => {
  if (ending) clearInterval(alive);
}, AGAIN_MS);

/** Resolves when all have connected; short ones, when all have been answered. */
async function gather() {
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(TOGETHER, count) }, async () => {
      while (next++ < count && !ending) await begin();
    }),
  );
}

/** One of them. @returns {Promise<void>} */
function begin() {
  const { again, speak } = KINDS[kind];
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    open.add(socket);
    let first = true;
    socket.once('connect', () => {
      crowded.connected++;
      speak(socket);
      if (kind !== 'short') resolve();
    });
    socket.on('data', (bytes) => {
      crowded.bytesIn += bytes.length;
      if (first) {
        const status = bytes.toString('latin1', 9, 12);
        crowded.statuses[status] = (crowded.statuses[status] ?? 0) + 1;
      }
      first = false;
    });
    socket.on('error', () => {});
    socket.once('close', async () => {
      crowded.closed++;
      if (!ending) crowded.bytesOut += socket.bytesWritten;
      open.delete(socket);
      resolve();
      if (!again || ending) return;
      await sleep(AGAIN_MS);
      if (!ending) void begin();
    });
  });
}

/** @param {Socket} socket @param {string} head @param {Buffer} piece */
function pour(socket, head, piece) {
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', more);
  socket.write(head);
  more();
}
