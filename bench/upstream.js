// The API server of the bench: TLS with a client certificate demanded, HTTP/2 offered by ALPN as kube-apiserver does (so that
// `kubectl proxy` may use it), fixed answers. nginx when it is there, else Node.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { mintAuthority } from '#certs/mint.ts';
import { kubeconfigFor } from './kubeconfig.js';
import { failure, freePort, portOf, start } from './processes.js';

/**
 * @typedef {object} Upstream
 * @property {string} kind who answers, for the report: `nginx 1.22.1` or `Node 20.20.2`
 * @property {number} port
 * @property {string} kubeconfig path of a kubeconfig with the certificates in it
 * @property {import('./kubeconfig.js').Identity} identity what is in the kubeconfig
 * @property {{ ca: string, cert: string, key: string }} files the same in files: their paths
 */

/** The paths that the upstream knows; the sizes are those of the bodies. */
export const PATHS = {
  small: '/api/v1/namespaces/default/configmaps/a',
  large: '/api/v1/namespaces/default/configmaps/large',
  list: '/api/v1/pods',
};
const SMALL_BYTES = 263;
export const LARGE_BYTES = 64 * 1024;
/** As a list of pods of a large cluster. */
export const LIST_BYTES = 133_000_000;
const START_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 20;

/**
 * @param {string} folder of the run, for keys and configuration
 * @returns {Promise<Upstream>}
 */
export async function startUpstream(folder) {
  const authority = mintAuthority({ commonName: 'bench' });
  const server = authority.issueServer({ ips: ['127.0.0.1'] });
  const client = authority.issueClient({
    commonName: 'bench',
    organizations: ['system:masters'],
  });
  const file = fileIn(folder);
  const files = {
    ca: file('ca.pem', authority.pem),
    cert: file('client.pem', client.cert),
    key: file('client-key.pem', client.key),
  };
  const serving = {
    ca: files.ca,
    cert: file('server.pem', server.cert),
    key: file('server-key.pem', server.key),
  };
  const identity = { ca: authority.pem, client };
  const version = nginxVersion();
  const port =
    version === null ? await startNode(serving) : await startNginx(folder, file, serving);
  const kubeconfig = file('kubeconfig', kubeconfigFor(port, identity));
  return {
    identity,
    kind: version === null ? `Node ${process.versions.node}` : version,
    port,
    kubeconfig,
    files,
  };
}

/** `nginx 1.22.1`, or null when it is not installed. @returns {string | null} */
export function nginxVersion() {
  try {
    const said = execFileSync('/bin/sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8' });
    return `nginx ${/nginx\/([\d.]+)/.exec(said)?.[1] ?? ''}`.trim();
  } catch {
    return null;
  }
}

/** @param {string} folder */
function fileIn(folder) {
  return (/** @type {string} */ name, /** @type {string} */ text) => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
}

/**
 * nginx sends the list in chunks because something follows it, whose length it does not know yet (`add_after_body`).
 * @param {string} folder
 * @param {(name: string, text: string) => string} file
 * @param {{ ca: string, cert: string, key: string }} tls
 */
async function startNginx(folder, file, tls) {
  const port = await freePort();
  file('large.json', 'x'.repeat(LARGE_BYTES));
  file('list.json', 'x'.repeat(LIST_BYTES));
  const config = file(
    'upstream.conf',
    `${nginxProcess(folder, 'upstream')}
     http { access_log off; ${nginxFolders(folder, 'upstream')}
       keepalive_requests 1000000000; http2_max_requests 1000000000; keepalive_timeout 3600s;
       http2_max_concurrent_streams 250; large_client_header_buffers 8 64k; client_max_body_size 0;
       default_type application/json; sendfile off; output_buffers 2 256k;
       server { listen 127.0.0.1:${port} ssl http2 backlog=4096;
         ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key};
         ssl_client_certificate ${tls.ca}; ssl_verify_client on;
         location / { return 200 '${smallBody()}'; }
         location = ${PATHS.large} { alias ${folder}/large.json; }
         location = ${PATHS.list} { alias ${folder}/list.json; addition_types *; add_after_body /newline; }
         location = /newline { return 200 '\n'; } } }`,
  );
  await listening(port, start('nginx', ['-c', config]));
  return port;
}

/** One process in the foreground, so that its pid is where the cost is. @param {string} folder @param {string} name */
export function nginxProcess(folder, name) {
  return `daemon off; master_process off; pid ${folder}/${name}.pid; error_log stderr crit;
     events { worker_connections 8192; }`;
}

/** @param {string} folder @param {string} name */
export function nginxFolders(folder, name) {
  return ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${name}-${kind};`)
    .join(' ');
}

/** @param {{ ca: string, cert: string, key: string }} tls */
function startNode({ ca, cert, key }) {
  const program = fileURLToPath(new URL('node-upstream.js', import.meta.url));
  return portOf(start(process.execPath, [program], { env: { CA: ca, CERT: cert, KEY: key } }));
}

/** 263 bytes, as a small ConfigMap. */
export function smallBody() {
  const empty = JSON.stringify({ kind: 'ConfigMap', data: '' });
  return JSON.stringify({ kind: 'ConfigMap', data: 'x'.repeat(SMALL_BYTES - empty.length) });
}

/**
 * Waits until something accepts on the port.
 * @param {number} port
 * @param {import('node:child_process').ChildProcess} child who should
 */
export async function listening(port, child) {
  for (const limit = performance.now() + START_WITHIN_MS; performance.now() < limit; ) {
    if (child.exitCode !== null) break;
    if (await accepts(port)) return;
    await sleep(LOOK_EVERY_MS);
  }
  throw failure(child);
}

/** @param {number} port @returns {Promise<boolean>} */
function accepts(port) {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
