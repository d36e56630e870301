import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { clientEnv } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { run } from '../support/process.ts';
import {
  differences,
  inOrder,
  loggedByLine,
  loggedByTime,
  tracedCalls,
} from '../support/traced-calls.ts';

const PORTHOLE = fileURLToPath(new URL('../../bin/porthole.js', import.meta.url));
const CHART = fileURLToPath(new URL('../fixtures/tiny-chart', import.meta.url));

const GET = ['kubectl', 'get', 'pods', '--all-namespaces'];
const install = (release: string) => ['helm', 'install', release, CHART, '--create-namespace'];

describeOnCluster('porthole trace', (cluster) => {
  const { certificateData, none } = cluster.kubeconfigs;
  const file = join(cluster.dir, 'calls');

  /** What the trace of a command shows, and what the command itself wrote to stderr, with the summary behind it. */
  async function traced(command: readonly string[]) {
    const args = ['trace', `--kubeconfig=${certificateData}`, '-o', file, '--', ...command];
    const env = clientEnv(cluster, none);
    const { code, stderr } = await run(process.execPath, [PORTHOLE, ...args], { env });
    expect(code).toBe(0);
    return { calls: tracedCalls(readFileSync(file, 'utf8')), stderr };
  }

  describe.each([
    { level: 6, logged: loggedByTime, leastPairs: () => 1 },
    // The first call comes before all others, to say the least.
    { level: 9, logged: loggedByLine, leastPairs: (calls: number) => calls - 1 },
  ])('-v=$level', ({ level, logged, leastPairs }) => {
    it.each([
      { tool: 'kubectl', command: GET, last: /^200 GET \/api\/v1\/pods\?/ },
      {
        tool: 'helm',
        command: [...install('greeter'), `--namespace=trace-${level}`],
        last: /^200 PUT .*\/secrets\/sh\.helm\.release/,
      },
    ])('shows the calls that $tool logs itself, in the same order', async ({ command, last }) => {
      const { calls, stderr } = await traced([...command, '-v', String(level)]);
      const own = logged(stderr);
      expect(differences(own, calls)).toEqual([]);
      expect(stderr).toMatch(new RegExp(`^${command[0]}: .*, ${own.length} calls$`, 'm'));
      expect(calls.at(-1)).toMatch(last);

      // A line that is missing would be seen, and one that is not where it belongs.
      expect(own.length).toBeGreaterThan(30);
      for (const at of calls.keys())
        expect(differences(own, calls.toSpliced(at, 1))).not.toEqual([]);
      const pairs = inOrder(own);
      expect(pairs.length).toBeGreaterThanOrEqual(leastPairs(own.length));
      for (const [{ call: first }, { call: second }] of pairs) {
        const [one, other] = [calls.indexOf(first), calls.lastIndexOf(second)];
        const swapped = calls.with(one, second).with(other, first);
        if (first !== second) expect(differences(own, swapped)).not.toEqual([]);
      }
    });
  });
});
