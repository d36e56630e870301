// The upstream where nginx is missing: the same answers from Node, HTTP/2 offered too. Its own cost limits what a proxy can
// show, so ratios come out nearer to 1.
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { LARGE_BYTES, LIST_BYTES, PATHS, smallBody } from './upstream.js';

const PIECE = Buffer.alloc(256 * 1024, 'x');
const small = Buffer.from(smallBody());
const large = Buffer.alloc(LARGE_BYTES, 'x');
const { CA = '', CERT = '', KEY = '' } = process.env;

const server = createSecureServer(
  {
    allowHTTP1: true,
    ca: readFileSync(CA),
    cert: readFileSync(CERT),
    key: readFileSync(KEY),
    requestCert: true,
    rejectUnauthorized: true,
  },
  (request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json');
    if (request.url === PATHS.list) return void writeList(response);
    const body = request.url === PATHS.large ? large : small;
    response.setHeader('content-length', body.length);
    response.end(body);
  },
);
server.listen(0, '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`Starting to serve on 127.0.0.1:${port}`);
});

/** Without a length, so in chunks. @param {import('node:http2').Http2ServerResponse} response */
async function writeList(response) {
  let gone = false;
  response.once('close', () => {
    gone = true;
  });
  for (let left = LIST_BYTES; left > 0 && !gone; left -= PIECE.length) {
    const free = response.write(left < PIECE.length ? PIECE.subarray(0, left) : PIECE);
    if (!free)
      await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
  }
  response.end();
}
