// The obvious proxy on `http-proxy`, with a keep-alive agent: the Node baseline, and the reason why porthole has a relay
// of its own.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Agent } from 'node:https';
import httpProxy from 'http-proxy';

const { CA, CERT, KEY } = process.env;
const proxy = httpProxy.createProxyServer({
  target: `https://127.0.0.1:${process.argv[2]}`,
  changeOrigin: true,
  agent: new Agent({
    keepAlive: true,
    ca: readFileSync(CA),
    cert: readFileSync(CERT),
    key: readFileSync(KEY),
  }),
});
proxy.on('error', (_error, _request, response) => response.destroy());
const server = createServer((request, response) => proxy.web(request, response));
server.listen(0, '127.0.0.1', () => {
  console.log(`Starting to serve on 127.0.0.1:${server.address().port}`);
});
