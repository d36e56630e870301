// Small GETs through porthole, `kubectl proxy` and `http-proxy`, in turns, in one run: requests per second and CPU per
// request, as ratios. Run: npm run build && KUBEBUILDER_ASSETS=... node bench/compare.js [--seconds 4] [--rounds 3] [--connections 32] [--only 'porthole;porthole, audit'] [--beside DIR]
// Needs wrk and nginx on PATH (Debian: apt-get install wrk nginx-light).
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mintAuthority } from '../dist/certs/mint.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '32' },
    only: { type: 'string', default: '' },
    // Another checkout with a build of its own: before and after in one run.
    beside: { type: 'string', default: '' },
  },
});
const CLOCK_TICKS = 100;
const here = fileURLToPath(new URL('.', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'porthole-bench-'));
const children = [];

try {
  const upstream = await startUpstream();
  const proxies = await startProxies(upstream);
  const results = new Map(proxies.map(({ name }) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const proxy of proxies) results.get(proxy.name).push(measure(proxy));
  }
  print(results);
} finally {
  // Proxies first, the API server last: it was started first.
  for (const child of children.reverse()) await end(child);
  rmSync(folder, { recursive: true, force: true });
}

/** nginx with TLS and HTTP/2, as kube-apiserver has it, that demands a client certificate and answers 263 bytes. */
async function startUpstream() {
  const authority = mintAuthority({ commonName: 'bench' });
  const server = authority.issueServer({ ips: ['127.0.0.1'] });
  const client = authority.issueClient({ commonName: 'bench', organizations: ['system:masters'] });
  const port = await freePort();
  const file = (name, text) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const ca = file('ca.pem', authority.pem);
  const config = file(
    'nginx.conf',
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr crit;
     events { worker_connections 4096; }
     http { access_log off; keepalive_requests 100000000; http2_max_requests 100000000; http2_max_concurrent_streams 250; keepalive_timeout 600s;
       client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f;
       uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
       server { listen 127.0.0.1:${port} ssl http2 backlog=4096;
         ssl_certificate ${file('server.pem', server.cert)}; ssl_certificate_key ${file('server-key.pem', server.key)};
         ssl_client_certificate ${ca}; ssl_verify_client on;
         location / { default_type application/json; return 200 '${JSON.stringify({ kind: 'ConfigMap', data: 'x'.repeat(230) })}'; } } }`,
  );
  start('nginx', ['-c', config]);
  const data = (pem) => Buffer.from(pem).toString('base64');
  const kubeconfig = file(
    'kubeconfig',
    JSON.stringify({
      'current-context': 'bench',
      contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
      clusters: [
        {
          name: 'bench',
          cluster: {
            server: `https://127.0.0.1:${port}`,
            'certificate-authority-data': data(authority.pem),
          },
        },
      ],
      users: [
        {
          name: 'bench',
          user: {
            'client-certificate-data': data(client.cert),
            'client-key-data': data(client.key),
          },
        },
      ],
    }),
  );
  const env = { CA: ca, CERT: file('c.pem', client.cert), KEY: file('k.pem', client.key) };
  return { port, kubeconfig, env };
}

async function startProxies({ port, kubeconfig, env }) {
  const assets = process.env.KUBEBUILDER_ASSETS;
  const kubectl = assets === undefined ? 'kubectl' : join(assets, 'kubectl');
  const porthole = (root, log) => [
    process.execPath,
    join(root, 'bin/porthole.js'),
    '--port=0',
    `--kubeconfig=${kubeconfig}`,
    '--log-format=json',
    `--log-file=${join(folder, log)}`,
  ];
  const own = join(here, '..');
  const audit = (log) => `--audit-log-path=${join(folder, log)}`;
  const candidates = {
    porthole: () => porthole(own, 'porthole.log'),
    'porthole, audit': () => [...porthole(own, 'p2.log'), audit('audit.log')],
    'porthole, strict': () => [
      ...[...porthole(own, 'p3.log'), audit('strict.log')],
      '--audit-mode=blocking-strict',
    ],
    'kubectl proxy': () => [kubectl, 'proxy', '--port=0', `--kubeconfig=${kubeconfig}`],
    'http-proxy': () => [process.execPath, join(here, 'http-proxy.js'), String(port)],
  };
  if (values.beside !== '') {
    candidates['porthole beside'] = () => porthole(values.beside, 'beside.log');
  }
  const proxies = [];
  for (const [name, command] of Object.entries(candidates)) {
    if (values.only !== '' && !values.only.split(';').includes(name)) continue;
    const [program, ...args] = command();
    const child = start(program, args, { ...process.env, ...env });
    proxies.push({ name, pid: child.pid, port: await portOf(child) });
  }
  return proxies;
}

function start(program, args, env = process.env) {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

function end(child) {
  return new Promise((resolve) => {
    if (child.exitCode !== null) resolve();
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
}

function portOf(child) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (bytes) => {
      text += bytes;
      const found = /Starting to serve on 127\.0\.0\.1:(\d+)/.exec(text);
      if (found !== null) resolve(Number(found[1]));
    });
    child.on('exit', (code) => reject(new Error(`ended with ${code}: ${text}`)));
  });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function measure({ name, pid, port }) {
  const before = cpuSeconds(pid);
  const output = execFileSync(
    'wrk',
    [
      '-t1',
      `-c${values.connections}`,
      `-d${values.seconds}s`,
      '--latency',
      `http://127.0.0.1:${port}/api/v1/namespaces/default/configmaps/a`,
    ],
    { encoding: 'utf8' },
  );
  const requests = Number(/(\d+) requests in/.exec(output)?.[1]);
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  if (/Non-2xx/.test(output)) throw new Error(`${name}: ${output}`);
  return {
    rate,
    cpu: ((cpuSeconds(pid) - before) / requests) * 1e6,
    p99: milliseconds(/99%\s+([\d.]+)(us|ms|s)/.exec(output)),
  };
}

function milliseconds([, number, unit]) {
  return Number(number) * { us: 1e-3, ms: 1, s: 1e3 }[unit];
}

/** User and system time of the process with all its threads (proc(5), fields 14 and 15). */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
}

function print(results) {
  const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
  const rows = [...results].map(([name, runs]) => ({
    name,
    rate: median(runs.map((run) => run.rate)),
    cpu: median(runs.map((run) => run.cpu)),
    p99: median(runs.map((run) => run.p99)),
    spread: runs.map((run) => Math.round(run.rate)).join(' '),
  }));
  const base = rows.find(({ name }) => name === 'kubectl proxy') ?? rows[0];
  console.log(
    `${values.connections} connections, ${values.rounds} rounds of ${values.seconds} s, medians; ratios to ${base.name}`,
  );
  for (const { name, rate, cpu, p99, spread } of rows) {
    console.log(
      `${name.padEnd(14)} ${rate.toFixed(0).padStart(6)} req/s (${(rate / base.rate).toFixed(2)})  ` +
        `${cpu.toFixed(0).padStart(4)} µs CPU/req (${(cpu / base.cpu).toFixed(2)})  p99 ${p99.toFixed(1)} ms (${(p99 / base.p99).toFixed(2)})  [${spread}]`,
    );
  }
}
