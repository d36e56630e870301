// `npm run faults`: what do clients see of a fault, through porthole and through `kubectl proxy`? `--help` tells more.
import { parseArgs } from 'node:util';
import { findAssets } from '../cluster/assets.ts';
import { type Ground, openGround } from '../consistency/ground.ts';
import { launch, type ProxyName } from '../consistency/hurt-proxy.ts';
import { ROWS, type Row } from './rows.ts';
import { furnish } from './scene.ts';
import { type Line, markdownOf, type Played, textOf } from './table.ts';

const HELP = `Usage: npm run faults -- [options]

Plays a list of faults at porthole and at kubectl proxy, in turns, in front of one real kube-apiserver and between the same
wires, and prints what clients saw. Each play has a new process of the proxy. It needs KUBEBUILDER_ASSETS, the folder of the
end-to-end tests' programs, and Linux with prlimit.

  --runs N     how often each fault is played at each proxy (5)
  --proxy NAME only porthole, or only 'kubectl proxy'
  --only ID    only one row: ${ROWS.map(({ id }) => id).join(', ')}
  --markdown   a table for docs/reliability.md
  --help`;

const PROXIES: readonly ProxyName[] = ['porthole', 'kubectl proxy'];
/** Of a play that could not be played: on a machine that others use, a moment may be in the way. */
const TRIES = 2;

// Nobody is left behind: children end, and the folder goes, when this process exits.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
try {
  const options = optionsOf(process.argv.slice(2));
  if (options === null) console.log(HELP);
  // Connections that a peer keeps open a little longer are nobody's business any more.
  else process.exit(await main(options));
} catch (error) {
  console.error(`faults: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

/** Null for help. @throws {Error} with one sentence */
function optionsOf(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      runs: { type: 'string', default: '5' },
      proxy: { type: 'string' },
      only: { type: 'string' },
      markdown: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const { proxy, only, markdown } = values;
  const runs = Number(values.runs);
  if (!Number.isSafeInteger(runs) || runs < 1)
    throw new Error(`--runs is a whole number above 0, not "${values.runs}"`);
  const proxies = PROXIES.filter((name) => proxy === undefined || name === proxy);
  if (proxies.length === 0) throw new Error('--proxy is porthole or "kubectl proxy"');
  const rows = ROWS.filter(({ id }) => only === undefined || id === only);
  if (rows.length === 0)
    throw new Error(`--only is one of ${ROWS.map(({ id }) => id).join(', ')}, not "${only}"`);
  return { runs, proxies, rows, markdown };
}

type Options = NonNullable<ReturnType<typeof optionsOf>>;

/** The exit code. */
async function main({ runs, proxies, rows, markdown }: Options): Promise<number> {
  const assets = findAssets(process.env);
  if (assets === null)
    throw new Error('set KUBEBUILDER_ASSETS to a folder with kube-apiserver, etcd and kubectl');
  const lines = new Map<Row, Line>();
  let failures = 0;
  for (const isShort of [false, true]) {
    const those = rows.filter(({ hasShortRequests = false }) => hasShortRequests === isShort);
    if (those.length === 0) continue;
    const ground = await openGround(assets, isShort ? ['--request-timeout=2s'] : []);
    try {
      await furnish(ground);
      for (const row of those) {
        const { line, failed } = await playAll(ground, row, { proxies, runs });
        lines.set(row, line);
        failures += failed;
      }
    } finally {
      await ground.stop();
    }
  }
  const inOrder = rows.flatMap((row) => lines.get(row) ?? []);
  console.log((markdown ? markdownOf : textOf)(inOrder, proxies));
  return failures > 0 ? 1 : 0;
}

/** All plays of a row, the proxies in turns; how many of them could not be played. */
async function playAll(
  ground: Ground,
  row: Row,
  { proxies, runs }: Pick<Options, 'proxies' | 'runs'>,
): Promise<{ readonly line: Line; readonly failed: number }> {
  const seen: Record<string, Played[]> = Object.fromEntries(proxies.map((name) => [name, []]));
  let failed = 0;
  for (let run = 0; run < runs; run++)
    for (const { variant, play } of row.plays)
      for (const name of proxies) {
        const what = [row.id, variant, name, `${run + 1}/${runs}`].filter(Boolean).join(' ');
        const played = await playOnce(ground, what, { name, variant, play });
        if (played === undefined) failed++;
        else seen[name]?.push(played);
      }
  const { fault, promised } = row;
  return { line: { fault, promised, seen }, failed };
}

/** Tells on stderr how it went; undefined when it could not be played. */
async function playOnce(
  ground: Ground,
  what: string,
  { name, variant, play }: Row['plays'][number] & { readonly name: ProxyName },
): Promise<Played | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    const afloat = await launch(ground, { name, tls: false });
    try {
      const finding = await play({ ...afloat, ground });
      console.error(`${what}: ${JSON.stringify(finding)}`);
      return { variant, finding };
    } catch (error) {
      console.error(`${what}: ${error instanceof Error ? error.message : error}`);
    } finally {
      await afloat.stop();
    }
  }
  return undefined;
}
