// `npm run bench:soak`: steady mixed traffic for half an hour: does anything grow, fail, or go unrecorded? `--help` tells more.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { cpuSeconds, openFiles, rssBytes } from './accounting.js';
import { apiOf } from './api.js';
import { churn } from './churn.js';
import { PROXIES, startCluster, startProxy } from './cluster.js';
import { logCount } from './log-count.js';
import { startClient } from './messages.js';
import { endAll } from './processes.js';
import { progress } from './rounds.js';
import { CONFIG_MAPS } from './soak-mix.js';
import { soakReport } from './soak-report.js';

const HELP = `Usage: npm run bench:soak -- [options]

Mixed traffic at a steady rate, with watches, on a real kube-apiserver, with the request log and the audit log on. It prints
how memory and file descriptors grow, whether requests failed, and whether each has its lines in both logs; it exits with 1
when a target is missed. It needs KUBEBUILDER_ASSETS, the folder of the end-to-end tests' programs.

With --churn everything else changes meanwhile: clients come and go, the certificate is replaced (and watches cut with it),
the kubeconfig gains contexts, cannot be read and can be again, and the API server is ended and started.

  --minutes N  (30)
  --rate N     requests a second (2000)
  --watches N  (200)
  --churn      (off)
  --proxy NAME porthole, or 'kubectl proxy' to compare with: it has no logs to count
  --json FILE  all samples
  --help`;

const OBJECTS = 10;
const LARGE_OBJECTS = 100;
const LARGE_BYTES = 3000;
const SETTLE_MS = 1000;
const CHANGE_EVERY_MS = 20_000;
/** After SIGTERM it waits for its watches that long, a minute by default. */
const ENDS_SOON = '--request-timeout=10s';

/** @typedef {import('./soak-report.js').Sample} Sample */

try {
  const options = optionsOf(process.argv.slice(2));
  if (options === null) console.log(HELP);
  else await main(options);
} catch (error) {
  console.error(`bench:soak: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await endAll();
}

/** @param {string[]} args @returns null for help; throws an error with one sentence */
function optionsOf(args) {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', default: false },
      minutes: { type: 'string', default: '30' },
      rate: { type: 'string', default: '2000' },
      watches: { type: 'string', default: '200' },
      churn: { type: 'boolean', default: false },
      proxy: { type: 'string', default: 'porthole' },
      json: { type: 'string' },
    },
  });
  if (values.help) return null;
  const proxy = PROXIES.find((name) => name === values.proxy);
  if (proxy === undefined) throw new Error(`--proxy is one of ${PROXIES.join(', ')}`);
  const numberOf = (/** @type {'minutes' | 'rate' | 'watches'} */ name) => {
    const value = Number(values[name]);
    if (value > 0) return value;
    throw new Error(`--${name} is a number above 0, not "${values[name]}"`);
  };
  const [minutes, rate, watches] = [numberOf('minutes'), numberOf('rate'), numberOf('watches')];
  if (values.churn && proxy !== 'porthole') throw new Error('--churn is for porthole alone');
  return { minutes, rate, watches, proxy, churns: values.churn, json: values.json };
}

/** @param {NonNullable<ReturnType<typeof optionsOf>>} options */
async function main({ minutes, rate, watches, proxy: name, churns, json }) {
  progress('starting the cluster');
  const cluster = await startCluster(churns ? [ENDS_SOON] : []);
  try {
    await writeObjects(cluster);
    const audit = join(cluster.dir, 'audit', 'audit.log');
    mkdirSync(dirname(audit));
    const isPorthole = name === 'porthole';
    const flags = isPorthole ? [`--audit-log-path=${audit}`, '--log-file-max-size=64'] : [];
    const proxy = await startProxy(cluster, name, flags);
    const logs = [
      logCount(proxy.log, (line) => line.includes('"outcome":')),
      logCount(audit, (line) => line.includes('"stage":"ResponseComplete"')),
    ];
    const orders = { port: proxy.port, rate, watches, objects: OBJECTS, churns };
    const client = startClient('soak-client.js', orders);
    const changing = churns ? churn(cluster, client.child, CHANGE_EVERY_MS) : null;
    const { samples, last } = await watchOver(proxy, client, logs, minutes * 60_000, () =>
      changing?.stop(),
    );
    const status = isPorthole ? await statusOf(proxy) : null;
    await endAll(); // a log is whole once its writer has ended
    const lines = isPorthole ? await Promise.all(logs.map((log) => log.total())) : null;
    const churned = changing?.churned ?? null;
    const run = { name, samples, warmUpMs: warmUpOf(minutes), last, status, lines, rate, churned };
    const { text, met } = soakReport(run);
    console.log(text);
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(run)}\n`);
    if (!met) process.exitCode = 1;
  } finally {
    await endAll();
    await cluster.stop();
  }
}

/**
 * Those that are read, written and watched, and large ones, whose lists are left before their end.
 * @param {import('./cluster.js').Cluster} cluster
 */
async function writeObjects(cluster) {
  const api = apiOf(cluster);
  for (let i = 0; i < OBJECTS; i++) {
    await api('POST', CONFIG_MAPS, { metadata: { name: `soak-${i}` }, data: { n: '0' } });
  }
  for (let i = 0; i < LARGE_OBJECTS; i++) {
    const metadata = { name: `large-${i}`, labels: { size: 'large' } };
    await api('POST', CONFIG_MAPS, { metadata, data: { text: 'x'.repeat(LARGE_BYTES) } });
  }
}

/**
 * Until the time is over and all requests are answered: a sample whenever the clients tell how it goes.
 * @param {import('./cluster.js').Proxy} proxy
 * @param {import('./messages.js').ClientProcess} client
 * @param {readonly { sweep: () => Promise<void> }[]} logs
 * @param {number} lengthMs
 * @param {() => Promise<void> | undefined} calm before the clients end
 * @returns {Promise<{ samples: Sample[], last: import('./soak-client.js').Progress }>}
 */
async function watchOver({ pid }, client, logs, lengthMs, calm) {
  const samples = [];
  const began = performance.now();
  for (let at = 0; at < lengthMs; at = performance.now() - began) {
    const { requests, failed } = await client.next();
    const sample = {
      at,
      rss: rssBytes(pid),
      files: openFiles(pid),
      cpu: cpuSeconds(pid),
      requests,
    };
    samples.push(sample);
    for (const log of logs) await log.sweep();
    const rss = (sample.rss / 1e6).toFixed(0);
    progress(
      `${(at / 60_000).toFixed(1)} min: ${requests} requests, ${failed} failed, ${rss} MB, ${sample.files} files`,
    );
  }
  await calm();
  client.child.kill('SIGUSR2');
  let last = await client.next();
  while (last.done !== true) last = await client.next();
  progress('');
  return { samples, last };
}

/** What porthole tells of itself upon SIGUSR2. @param {import('./cluster.js').Proxy} proxy @returns {Promise<string>} */
async function statusOf({ child }) {
  let text = '';
  const told = new Promise((resolve) => {
    child.stderr?.on('data', (bytes) => {
      text += bytes;
      if (/dropped: .*\n/.test(text)) resolve(undefined);
    });
  });
  await sleep(SETTLE_MS);
  child.kill('SIGUSR2');
  await Promise.race([told, sleep(SETTLE_MS * 5)]);
  const line = text.split('\n').find((line) => line.startsWith('{'));
  return line === undefined ? text : JSON.parse(line).msg;
}

/** What is compiled and allocated at first is no growth. @param {number} minutes @returns {number} ms */
function warmUpOf(minutes) {
  return Math.min(minutes / 4, 5) * 60_000;
}
