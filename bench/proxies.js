// The proxies that are compared, each started for one upstream.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, portOf, start } from './processes.js';
import { listening, nginxFolders, nginxProcess, nginxVersion } from './upstream.js';

/** @typedef {import('./upstream.js').Upstream} Upstream */
/** @typedef {{ name: string, pid: number, port: number, child: import('node:child_process').ChildProcess }} Proxy */
/**
 * @typedef {object} Starter how a proxy is started, for as many processes as a measurement wants
 * @property {string} name
 * @property {boolean} [optional] only when asked for by name
 * @property {(upstream: Upstream) => Promise<Proxy>} start resolves when it serves
 */

export const PORTHOLE = 'porthole';
export const KUBECTL = 'kubectl proxy';
export const NGINX = 'nginx';
export const HTTP_PROXY = 'http-proxy';

const own = fileURLToPath(new URL('..', import.meta.url));

/** Where kubectl is: beside the other binaries of the end-to-end tests, else on PATH. */
export function kubectl() {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  return assets === undefined || assets === '' ? 'kubectl' : join(assets, 'kubectl');
}

/**
 * `porthole` of a checkout with a build, JSON log in a file, all checks on.
 * @param {string} folder of the run
 * @param {{ name?: string, root?: string, flags?: string[] }} [options]
 * @returns {Starter}
 */
export function porthole(folder, { name = PORTHOLE, root = own, flags = [] } = {}) {
  return {
    name,
    start: ({ kubeconfig }) => {
      const log = join(mkdtempSync(join(folder, 'porthole-')), 'log.json');
      return serving(name, process.execPath, [
        join(root, 'bin/porthole.js'),
        '--port=0',
        `--kubeconfig=${kubeconfig}`,
        '--log-format=json',
        `--log-file=${log}`,
        ...flags,
      ]);
    },
  };
}

/** @returns {Starter} */
function kubectlProxy() {
  return {
    name: KUBECTL,
    start: ({ kubeconfig }) =>
      serving(KUBECTL, kubectl(), ['proxy', '--port=0', `--kubeconfig=${kubeconfig}`]),
  };
}

/** @returns {Starter} */
function httpProxy() {
  return {
    name: HTTP_PROXY,
    start: ({ port, files: { ca, cert, key } }) =>
      serving(HTTP_PROXY, process.execPath, [join(own, 'bench/http-proxy.js'), String(port)], {
        CA: ca,
        CERT: cert,
        KEY: key,
      }),
  };
}

/**
 * nginx as the nearest thing to a floor: one worker, connections to the upstream kept, its certificate checked, a buffered
 * access log; it checks nothing of what porthole checks of a request.
 * @param {string} folder
 * @returns {Starter}
 */
function nginx(folder) {
  return {
    name: NGINX,
    start: async ({ port: upstreamPort, files }) => {
      const port = await freePort();
      const room = mkdtempSync(join(folder, 'nginx-'));
      const config = join(room, 'proxy.conf');
      writeFileSync(
        config,
        `${nginxProcess(room, 'proxy')}
         http { access_log ${room}/access.log combined buffer=64k flush=1s; ${nginxFolders(room, 'proxy')}
           keepalive_requests 1000000000; keepalive_timeout 3600s; large_client_header_buffers 8 64k; client_max_body_size 0;
           upstream api { server 127.0.0.1:${upstreamPort}; keepalive 512; keepalive_requests 1000000000; keepalive_timeout 3600s; }
           server { listen 127.0.0.1:${port} backlog=4096;
             location / { proxy_pass https://api; proxy_http_version 1.1; proxy_set_header Connection '';
               proxy_ssl_certificate ${files.cert}; proxy_ssl_certificate_key ${files.key};
               proxy_ssl_trusted_certificate ${files.ca}; proxy_ssl_verify on; proxy_ssl_name localhost; } } }`,
      );
      const child = start('nginx', ['-c', config]);
      await listening(port, child);
      return { name: NGINX, pid: /** @type {number} */ (child.pid), port, child };
    },
  };
}

/**
 * @param {string} folder of the run
 * @param {readonly string[]} beside other checkouts with a build: before and after in one run
 * @returns {Starter[]} all there are here; porthole with an audit log only when asked for by name
 */
export function starters(folder, beside = []) {
  const audit = `--audit-log-path=${join(folder, 'audit.log')}`;
  const strict = [`--audit-log-path=${join(folder, 'strict.log')}`, '--audit-mode=blocking-strict'];
  return [
    porthole(folder),
    kubectlProxy(),
    ...(nginxVersion() === null ? [] : [nginx(folder)]),
    httpProxy(),
    ...beside.map((root, i) =>
      porthole(folder, { name: i === 0 ? 'beside' : `beside ${i + 1}`, root }),
    ),
    { ...porthole(folder, { name: 'porthole, audit', flags: [audit] }), optional: true },
    {
      ...porthole(folder, { name: 'porthole, strict', flags: strict }),
      optional: true,
    },
  ];
}

/** "v1.35.0", or null when kubectl is missing. @returns {string | null} */
export function kubectlVersion() {
  try {
    const said = execFileSync(kubectl(), ['version', '--client', '-o', 'json'], {
      encoding: 'utf8',
    });
    return JSON.parse(said).clientVersion.gitVersion;
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {string} program
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 * @returns {Promise<Proxy>}
 */
async function serving(name, program, args, env = {}) {
  const child = start(program, args, { env });
  const port = await portOf(child);
  return { name, pid: /** @type {number} */ (child.pid), port, child };
}
