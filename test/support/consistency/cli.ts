// `npm run consistency`: is nothing lost, and nothing done twice, while a proxy is hurt on both sides? `--help` tells more.
import { parseArgs } from 'node:util';
import { findAssets } from '../cluster/assets.ts';
import type { ProxyName } from './hurt-proxy.ts';
import { figuresOf } from './report.ts';
import { runOnce } from './run.ts';
import { openSea } from './sea.ts';

const HELP = `Usage: npm run consistency -- [options]

Clients create, update, delete, get, list and watch ConfigMaps of a real kube-apiserver through a proxy. The wires on both
of its sides cut, reset, delay, repeat and forge bytes, by a schedule that the seed decides. Then etcd has to hold what the
answers say: a write that was answered is there, one that was not answered is there once or not at all, and every watch has
brought an unbroken prefix of what happened. Ends with 1 at the first run in which that is not so, and names its seed. It
needs KUBEBUILDER_ASSETS, the folder of the end-to-end tests' programs.

  --runs N     (10)
  --seed S     of the first run; each next run has the next one (1)
  --clients N  (50)
  --storm MS   how long the wires hurt (3000)
  --tls        clients speak TLS with porthole, and their wire forges bytes, too
  --proxy NAME porthole, or 'kubectl proxy' to compare with
  --go-on      count runs with violations instead of ending at the first
  --help`;

const MEGABYTE = 1e6;
/** Of the runs, the first ones are left out: what is compiled and allocated at first is no growth. */
const WARM_UP = 5;
/** Memory at the end, to that after the first ones: garbage that is not collected yet is no growth. */
const FLAT = 1.5;

// Nobody is left behind: children end, and the folder goes, when this process exits.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
try {
  const options = optionsOf(process.argv.slice(2));
  if (options === null) console.log(HELP);
  // Connections that a peer keeps open a little longer are nobody's business any more.
  else process.exit(await main(options));
} catch (error) {
  console.error(`consistency: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

/** Null for help. @throws {Error} with one sentence */
function optionsOf(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      runs: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
      clients: { type: 'string', default: '50' },
      storm: { type: 'string', default: '3000' },
      proxy: { type: 'string', default: 'porthole' },
      tls: { type: 'boolean', default: false },
      'go-on': { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  if (values.proxy !== 'porthole' && values.proxy !== 'kubectl proxy')
    throw new Error('--proxy is porthole or "kubectl proxy"');
  if (values.tls && values.proxy !== 'porthole') throw new Error('--tls is for porthole');
  const proxy: ProxyName = values.proxy;
  const numberOf = (name: 'runs' | 'seed' | 'clients' | 'storm'): number => {
    const value = Number(values[name]);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new Error(`--${name} is a whole number above 0, not "${values[name]}"`);
  };
  return {
    ...{ runs: numberOf('runs'), seed: numberOf('seed'), clients: numberOf('clients') },
    ...{ stormMs: numberOf('storm'), proxy, tls: values.tls, goOn: values['go-on'] },
  };
}

type Options = NonNullable<ReturnType<typeof optionsOf>>;

/** The exit code. */
async function main(options: Options): Promise<number> {
  const { runs, seed: first, clients, stormMs, proxy, tls, goOn } = options;
  const assets = findAssets(process.env);
  if (assets === null)
    throw new Error('set KUBEBUILDER_ASSETS to a folder with kube-apiserver and etcd');
  const sea = await openSea(assets, { name: proxy, tls });
  const failed: number[] = [];
  const memory: number[] = [];
  const began = performance.now();
  try {
    for (let nth = 0; nth < runs; nth++) {
      const seed = first + nth;
      const violations = await judgedRun(sea, { seed, clients, stormMs }, `${nth + 1}/${runs}`);
      if (violations > 0) failed.push(seed);
      if (violations > 0 && !goOn) break;
      if (sea.proxy.isAlive()) memory.push(sea.proxy.rss());
    }
  } finally {
    await sea.stop();
  }
  const seconds = Math.round((performance.now() - began) / 1000);
  const flat = isFlat(memory);
  console.log(
    [
      `${proxy}: ${memory.length} runs in ${seconds} s, ${failed.length} with violations`,
      failed.length > 0 ? ` (seeds ${failed.join(', ')})` : '',
      flat === undefined ? '' : `; memory ${flat ? 'flat' : 'GROWS'}: ${trendOf(memory)}`,
    ].join(''),
  );
  return failed.length > 0 || flat === false ? 1 : 0;
}

/** Prints its line, and a line for each violation; how many there were. */
async function judgedRun(
  sea: Awaited<ReturnType<typeof openSea>>,
  options: Parameters<typeof runOnce>[1],
  which: string,
): Promise<number> {
  const name = `run ${which} seed ${options.seed}`;
  const began = performance.now();
  try {
    const result = await runOnce(sea, options);
    const { violations } = result;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const state = `${(sea.proxy.rss() / MEGABYTE).toFixed(0)} MB, ${sea.proxy.openFiles()} files`;
    const verdict = violations.length === 0 ? 'consistent' : `${violations.length} VIOLATIONS`;
    console.log(`${name}: ${figuresOf(result)}; ${state}; ${seconds} s: ${verdict}`);
    for (const violation of violations.slice(0, 20)) console.log(`  ${violation}`);
    return violations.length;
  } catch (error) {
    console.log(`${name}: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}

/** Undefined when there were too few runs to tell. */
function isFlat(memory: readonly number[]): boolean | undefined {
  if (memory.length < 4 * WARM_UP) return undefined;
  const { before, after } = thirdsOf(memory);
  return after <= before * FLAT;
}

function trendOf(memory: readonly number[]): string {
  const { before, after } = thirdsOf(memory);
  return `${(before / MEGABYTE).toFixed(0)} MB, then ${(after / MEGABYTE).toFixed(0)} MB`;
}

/** Medians of the first and of the last third. */
function thirdsOf(memory: readonly number[]): { readonly before: number; readonly after: number } {
  const warm = memory.slice(WARM_UP);
  const third = Math.floor(warm.length / 3);
  return { before: median(warm.slice(0, third)), after: median(warm.slice(-third)) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
