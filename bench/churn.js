// What changes while a soak runs: who porthole is, what its kubeconfig says, and whether the API server is there at all.
import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { kubeconfigFor } from './kubeconfig.js';

/** @typedef {{ certificates: number, contexts: number, broken: number, restarts: number }} Churned how often each change was made */
/** @typedef {(nth: number) => Promise<void> | void} Change */

/** A kubeconfig that cannot be read, before the next one can. */
const BROKEN_FOR_MS = 2000;
/** An API server that has just begun to serve may still refuse some. */
const SETTLES_MS = 3000;
/** What the clients are told, they have read by then. */
const TOLD_MS = 200;

/**
 * Changes one thing after the other, in turns, at about equal distances.
 * @param {import('./cluster.js').Cluster} cluster
 * @param {import('node:child_process').ChildProcess} client of `soak-client.js`: it is told when the API server goes and comes
 * @param {number} everyMs
 * @returns {{ churned: Churned, stop: () => Promise<void> }} `stop` waits for the change under way; it throws what went wrong
 */
export function churn(cluster, client, everyMs) {
  const churned = { certificates: 0, contexts: 0, broken: 0, restarts: 0 };
  const over = new AbortController();
  const changes = changesOf(cluster, client, churned);
  const run = async () => {
    for (let nth = 0; ; nth++) {
      await sleep(everyMs, undefined, { signal: over.signal }).catch(() => {});
      if (over.signal.aborted) return;
      await changes[nth % changes.length]?.(nth);
    }
  };
  const running = run();
  running.catch(() => {}); // told by `stop`
  return {
    churned,
    stop() {
      over.abort();
      return running;
    },
  };
}

/**
 * @param {import('./cluster.js').Cluster} cluster
 * @param {import('node:child_process').ChildProcess} client
 * @param {Churned} churned
 * @returns {readonly Change[]}
 */
function changesOf(cluster, client, churned) {
  const identities = [cluster.credentials, ...cluster.rotated];
  let identity = cluster.credentials;
  const kubeconfig = (contexts = 0) => kubeconfigFor(cluster.port, asIdentity(identity), contexts);
  const write = (/** @type {string} */ text) => replace(cluster.kubeconfig, text);
  return [
    () => {
      identity = identities[++churned.certificates % identities.length] ?? cluster.credentials;
      write(kubeconfig());
    },
    (nth) => {
      churned.contexts++;
      write(kubeconfig(1 + (nth % 20)));
    },
    async () => {
      churned.broken++;
      write('{ "clusters": [');
      await sleep(BROKEN_FOR_MS);
      write(kubeconfig());
    },
    async () => {
      client.stdin?.write('away\n');
      await sleep(TOLD_MS);
      await cluster.restart(churned.restarts++ % 2 === 0 ? 'SIGTERM' : 'SIGKILL');
      await sleep(SETTLES_MS);
      client.stdin?.write('back\n');
    },
  ];
}

/** @param {{ ca: string, cert: string, key: string }} credentials */
function asIdentity({ ca, cert, key }) {
  return { ca, client: { cert, key } };
}

/** As editors and `kubectl config` do: nobody sees half of it. @param {string} path @param {string} text */
function replace(path, text) {
  writeFileSync(`${path}.next`, text, { mode: 0o600 });
  renameSync(`${path}.next`, path);
}
