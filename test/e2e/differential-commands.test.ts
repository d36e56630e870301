import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FLAGS } from '../../src/flags/table.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { type Attempt, attempt, type Program } from '../support/differential/command-pair.ts';
import { commands } from '../support/differential/command-rows.ts';
import { run } from '../support/process.ts';

/** `-p, --port=8001:` in kubectl's help. */
const FLAG_LINE = /^ {4}(?:-(\w), )?--([a-z-]+)=(.*):$/gm;

describeOnCluster('the same command line for kubectl proxy and porthole', (cluster) => {
  describe('commands', () => {
    it.each(commands.map((row) => ({ ...row, title: row.args.join(' ') })))(
      '$title',
      async ({ args, kubectl, porthole, says, weSay }) => {
        const [theirs, ours] = await both(args);
        expect([theirs.outcome, ours.outcome]).toEqual([kubectl, porthole]);
        if (says !== undefined) expect(theirs.command.stderr).toMatch(says);
        expect(ours.command.stderr).toMatch(says ?? weSay ?? '');
        if (kubectl === porthole) expect(portless(ours.place)).toBe(portless(theirs.place));
      },
    );

    it('--disable-filter is warned of', async () => {
      const [theirs, ours] = await both(['--port=0', '--disable-filter']);
      expect(theirs.command.stderr).toMatch(/filter/);
      expect(ours.command.stderr).toMatch(/filter/);
    });
  });

  describe('flags', () => {
    it('those of kubectl proxy have the same short forms and, but for one, defaults', async () => {
      const flags = await flagsIn(['proxy', '--help']);
      expect(flags.length).toBeGreaterThan(10);
      const ours = flags.map(({ long }) => flagNamed(long));
      const expected = flags.map((flag) =>
        flag.long === 'append-server-path' ? { ...flag, default: 'true' } : flag,
      );
      expect(ours).toEqual(expected);
    });

    it('those of "kubectl options" have the same short forms', async () => {
      const flags = await flagsIn(['options']);
      expect(flags.length).toBeGreaterThan(25);
      expect(flags.map(({ long }) => flagNamed(long).short)).toEqual(
        flags.map(({ short }) => short),
      );
    });

    it('those of "kubectl options" are accepted', async () => {
      const flags = await flagsIn(['options']);
      // Their defaults; but groups and the like need a user to impersonate.
      const list = flags.map(
        ({ long, default: text }) => `--${long}=${/^as\b/.test(long) ? 'k=v' : text}`,
      );
      const ours = await attempt(cluster, 'porthole', ['--port=0', ...list]);
      await ours.command.stop();
      expect(ours.command.stderr).not.toMatch(/unknown flag|invalid argument/);
      expect(ours.outcome).toBe('serves');
    });
  });

  async function both(args: readonly string[]): Promise<[kubectl: Attempt, porthole: Attempt]> {
    const one = (program: Program) => attempt(cluster, program, args);
    const attempts = await Promise.all([one('kubectl'), one('porthole')]);
    await Promise.all(attempts.map(({ command }) => command.stop()));
    return attempts;
  }

  async function flagsIn(args: readonly string[]) {
    const { stdout } = await run(join(cluster.assets, 'kubectl'), args, {
      env: { HOME: cluster.dir },
    });
    return [...stdout.matchAll(FLAG_LINE)].map(([, short, long = '', text = '']) => ({
      long,
      short,
      default: text.replace(/^'(.*)'$/, '$1'),
    }));
  }
});

function portless(place: string): string {
  return place.replace(/:\d+$/, '');
}

function flagNamed(name: string) {
  const flag = FLAGS.find(({ long }) => long === name);
  return { long: flag?.long, short: flag?.short, default: flag?.default ?? '' };
}
