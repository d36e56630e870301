// The client of bench/watch.js, a process of its own: opens watches, and tells how long after the commit of a write each of
// them has seen it. argv: one JSON object, `WatchClient`. stdout: a JSON object a line: `{"openedMs": N}` once all are open,
// then for each write that all have seen `{"latencies": [ms, one a watch]}`.
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { ChunkedBody } from '../dist/http1/chunked.js';
import { RESPONSE_BODY } from '../dist/http1/framing.js';

/**
 * @typedef {object} WatchClient
 * @property {number} port
 * @property {string} path
 * @property {number} watches
 * @property {{ ca: string, cert: string, key: string }} [tls] for the API server itself; plain TCP without it
 * @property {{ port: number, key: string }} [etcd] where the writes are committed, and as what
 */

/** No more than these are being opened at a time. */
const OPENING = 50;
const READ_BYTES = 64 * 1024;
/** The revision of a write, as etcd tells it and as the API server does. */
const COMMITTED = '"mod_revision":"';
const SEEN = '"resourceVersion":"';

/** @type {WatchClient} */
const { port, path, watches, tls, etcd } = JSON.parse(process.argv[2] ?? '');

/** @type {Map<string, { committedAt?: number, seenAt: number[] }>} by revision */
const writes = new Map();

if (etcd !== undefined) await watchCommits(etcd);
const began = performance.now();
let opened = 0;
await Promise.all(
  Array.from({ length: Math.min(OPENING, watches) }, async () => {
    while (opened < watches) {
      opened++;
      await watch();
    }
  }),
);
print({ openedMs: performance.now() - began });

/**
 * A watch on etcd itself, which is how the API server hears of a write too: the nearest to the commit that can be seen.
 * @param {{ port: number, key: string }} etcd
 */
function watchCommits({ port, key }) {
  const body = JSON.stringify({ create_request: { key: Buffer.from(key).toString('base64') } });
  const head = `POST /v3/watch HTTP/1.1\r\nHost: etcd\r\nContent-Length: ${body.length}\r\n\r\n`;
  return stream({ port }, head + body, COMMITTED, (revision, at) => {
    writeOf(revision).committedAt = at;
    settle(revision);
  });
}

function watch() {
  const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: application/json\r\n\r\n`;
  return stream({ port, tls }, head, SEEN, (revision, at) => {
    writeOf(revision).seenAt.push(at);
    settle(revision);
  });
}

/**
 * Resolves once the head of the answer is there; from then on calls `tell` with the revision of each event that comes.
 * @param {{ port: number, tls?: WatchClient['tls'] }} to
 * @param {string} request
 * @param {string} mark what stands before a revision
 * @param {(revision: string, at: number) => void} tell
 * @returns {Promise<void>}
 */
function stream({ port, tls }, request, mark, tell) {
  return new Promise((resolve) => {
    let head = '';
    // Of the body without its chunks' framing, which may stand within an event: what no revision has been read from.
    let text = '';
    /** @type {ChunkedBody | undefined} */
    let chunks;
    /** @param {number} bytes @param {Uint8Array} buffer */
    const callback = (bytes, buffer) => {
      const at = performance.now();
      const read = /** @type {Buffer} */ (buffer).subarray(0, bytes);
      let start = 0;
      if (chunks === undefined) {
        const before = head.length;
        head += read.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end === -1) return true;
        if (!head.startsWith('HTTP/1.1 200')) fail(new Error(head));
        start = end + 4 - before;
        chunks = new ChunkedBody(RESPONSE_BODY, (data, from, to) => {
          text += data.toString('latin1', from, to);
        });
        resolve();
      }
      chunks.follow(read, start);
      for (;;) {
        const marked = text.indexOf(mark);
        const end = marked === -1 ? -1 : text.indexOf('"', marked + mark.length);
        if (end === -1) break;
        tell(text.slice(marked + mark.length, end), at);
        text = text.slice(end);
      }
      if (!text.includes(mark)) text = text.slice(-mark.length);
      return true;
    };
    // One buffer for all that is read, so that the client's share of the machine is small.
    const onread = { buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback };
    const address = { port, host: '127.0.0.1', onread };
    const socket = tls === undefined ? connect(address) : connectTls({ ...address, ...tls });
    socket.on('error', fail).on('close', () => fail(new Error('a watch has ended')));
    socket.write(request);
  });
}

/** @param {string} revision */
function writeOf(revision) {
  const write = writes.get(revision) ?? { seenAt: [] };
  writes.set(revision, write);
  return write;
}

/** Tells of a write that all have seen. @param {string} revision */
function settle(revision) {
  const { committedAt, seenAt } = writeOf(revision);
  if (committedAt === undefined || seenAt.length < watches) return;
  writes.delete(revision);
  print({ latencies: seenAt.map((at) => at - committedAt) });
}

/** @param {object} message */
function print(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** @param {Error} error */
function fail(error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
