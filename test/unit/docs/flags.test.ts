import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FLAGS as BENCH_FLAGS } from '../../../bench/options.js';
import { helpText } from '../../../src/flags/help.ts';
import { FLAGS } from '../../../src/flags/table.ts';

const root = new URL('../../../', import.meta.url);
const docs = readdirSync(new URL('docs/', root)).filter((name) => name.endsWith('.md'));
const pages = ['README.md', ...docs.map((name) => `docs/${name}`)];

/** Flags of curl, systemctl and the like, which our pages show in commands. */
const OF_OTHER_TOOLS = new Set([
  ...['data-binary', 'now', 'raw'],
  // Of npm run bench:soak, consistency and faults.
  ...['churn', 'proxy', 'runs', 'seed'],
  // Of Node itself, which docs/security.md warns of.
  ...['inspect', 'heapsnapshot-signal', 'heapsnapshot-near-heap-limit'],
  ...['report-on-signal', 'report-on-fatalerror', 'report-uncaught-exception'],
]);

const known = new Set([...FLAGS.map(({ long }) => long), ...Object.keys(BENCH_FLAGS)]);

function read(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

/** Names in the text, without their dashes and in pflag's spelling. */
function flagsIn(text: string): string[] {
  return [...text.matchAll(/(?<![\w-])--([a-z][a-z_-]*[a-z])/g)].map(([, name = '']) =>
    name.replaceAll('_', '-'),
  );
}

describe('flags in our pages', () => {
  it.each(pages)('%s names none that does not exist', (path) => {
    const strange = flagsIn(read(path)).filter(
      (name) => !known.has(name) && !OF_OTHER_TOOLS.has(name),
    );
    expect(strange).toEqual([]);
  });

  it('the README has their short forms and defaults', () => {
    const [, readme = ''] = /\n## Flags\n(.*?)\n## /s.exec(read('README.md')) ?? [];
    const lines = [...readme.matchAll(/^\| (`--.*?) \| (?:(.*?) )?\|/gm)];
    expect(lines.length).toBeGreaterThan(9);
    for (const [, cell = '', byDefault] of lines) {
      const [name = '', ...others] = flagsIn(cell);
      const flag = FLAGS.find(({ long }) => long === name);
      if (others.length > 0) continue;
      expect(/`-(\w)`/.exec(cell)?.[1], name).toBe(flag?.short);
      // A word in place of a value stands for one that is too long for the table.
      const shown = byDefault === undefined ? '' : /^`(.*)`$/.exec(byDefault)?.[1];
      const actual = flag?.takes === undefined && flag?.default === 'false' ? '' : flag?.default;
      if (shown !== undefined) expect(shown, name).toBe(actual ?? '');
    }
  });

  it.each(FLAGS.map(({ long, commands }) => ({ long, commands })))(
    '--help shows --$long',
    ({ long, commands }) => {
      expect(commands).not.toEqual([]);
      for (const command of commands)
        expect(helpText(command, 'porthole')).toMatch(new RegExp(`--${long}(?![\\w-])`));
    },
  );
});
