// The API server of `npm run load`: a list of 1 GB, watches at a rate, and bodies that it reads and drops. argv: one JSON
// object, `StressUpstream`; TLS with a client certificate demanded, HTTP/2 offered as kube-apiserver does. Several processes,
// since that one has several threads: it is the proxy that is to be under load.
import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { STRESS_PATHS } from './stress-paths.js';
import { smallBody } from './upstream.js';

/** @typedef {{ ca: string, cert: string, key: string }} StressUpstream paths */
/** @typedef {import('node:http2').Http2ServerResponse} Response */

const LIST_BYTES = 1e9;
const TICK_MS = 10;
const PROCESSES = 4;
const PIECE = Buffer.alloc(64 * 1024, `${'x'.repeat(1023)}\n`);
const small = Buffer.from(smallBody());
/** @type {StressUpstream} */
const { ca, cert, key } = JSON.parse(process.argv[2] ?? '');

if (cluster.isPrimary) lead();
else serve();

/** Says where when all serve. */
function lead() {
  let serving = 0;
  cluster.on('listening', (_, { port }) => {
    if (++serving === PROCESSES) console.log(`Starting to serve on 127.0.0.1:${port}`);
  });
  for (let i = 0; i < PROCESSES; i++) cluster.fork();
}

function serve() {
  const options = {
    allowHTTP1: true,
    ca: readFileSync(ca),
    cert: readFileSync(cert),
    key: readFileSync(key),
    requestCert: true,
    rejectUnauthorized: true,
  };
  const server = createSecureServer(options, answer);
  server.on('sessionError', () => {});
  server.listen(0, '127.0.0.1');
}

/** @param {import('node:http2').Http2ServerRequest} request @param {Response} response */
function answer(request, response) {
  request.on('error', () => {});
  response.on('error', () => {});
  request.resume();
  response.setHeader('content-type', 'application/json');
  const { pathname, searchParams } = new URL(request.url, 'https://localhost');
  if (searchParams.has('watch')) watch(response, Number(searchParams.get('resourceVersion')));
  else if (pathname === STRESS_PATHS.list) void list(response);
  else {
    response.setHeader('content-length', small.length);
    request.once('end', () => response.end(small));
  }
}

/** @param {Response} response */
async function list(response) {
  let gone = false;
  response.once('close', () => {
    gone = true;
  });
  for (let left = LIST_BYTES; left > 0 && !gone; left -= PIECE.length) {
    const free = response.write(PIECE);
    if (!free)
      await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
  }
  response.end();
}

/** So many bytes a second, and no more than its reader takes. @param {Response} response @param {number} rate */
function watch(response, rate) {
  const began = performance.now();
  let sent = 0;
  let free = true;
  response.on('drain', () => {
    free = true;
  });
  const timer = setInterval(() => {
    const due = ((performance.now() - began) / 1000) * rate;
    for (; free && sent < due; sent += PIECE.length) free = response.write(PIECE);
    // What its reader could not take is not made up for.
    sent = Math.max(sent, due - rate);
  }, TICK_MS);
  response.once('close', () => clearInterval(timer));
}
