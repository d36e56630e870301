// The machine that figures come from, without its name or paths, and what has to be on it.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, platform } from 'node:os';
import { kubectlVersion } from './proxies.js';
import { nginxVersion } from './upstream.js';

/** @typedef {Record<string, string | number>} Facts */

/**
 * @param {string} upstream what answered
 * @param {{ rounds: number, seconds: number }} options
 * @returns {Facts}
 */
export function machineFacts(upstream, { rounds, seconds }) {
  const own = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return {
    date: new Date().toISOString().slice(0, 10),
    porthole: own.version,
    kubectl: kubectlVersion() ?? 'none',
    nginx: nginxVersion() ?? 'none',
    upstream,
    wrk: wrkVersion() ?? 'none',
    node: process.versions.node,
    system: platform(),
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    rounds,
    seconds,
  };
}

/** @param {Facts} facts @returns {string} one sentence */
export function factsSentence(facts) {
  const { date, cores, cpu, node, kubectl, nginx, wrk, upstream, rounds, seconds } = facts;
  const answers = upstream === nginx ? 'nginx as the upstream too' : `${upstream} as the upstream`;
  return (
    `${date}, ${cores} cores of ${cpu}, Node ${node}, kubectl ${kubectl}, ${nginx === 'none' ? 'no nginx' : nginx}, ` +
    `wrk ${wrk}, ${answers}; medians of ${rounds} rounds of ${seconds} s in turns, ± half of the width from least to most.`
  );
}

/** What to install first, in a sentence, or null. @returns {string | null} */
export function missingPrograms() {
  if (platform() !== 'linux')
    return 'the bench reads the costs of processes from /proc: run it on Linux';
  if (wrkVersion() === null)
    return 'wrk is not installed: apt-get install wrk (or your package manager)';
  if (kubectlVersion() === null) {
    return 'kubectl is neither in KUBEBUILDER_ASSETS nor on PATH: it is what porthole is compared with';
  }
  if (!existsSync(new URL('../dist/cli.js', import.meta.url)))
    return 'there is no build: npm run build';
  return null;
}

/** "4.1.0", or null. It prints its version with a usage, and fails. @returns {string | null} */
function wrkVersion() {
  const { error, stdout } = spawnSync('wrk', ['-v'], { encoding: 'utf8' });
  if (error !== undefined) return null;
  return /wrk \D*([\d.]+)/.exec(stdout)?.[1] ?? 'unknown';
}
