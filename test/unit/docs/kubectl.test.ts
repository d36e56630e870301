import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { helpText } from '../../../src/flags/help.ts';
import { FLAGS } from '../../../src/flags/table.ts';
import { commands } from '../../support/differential/command-rows.ts';
import * as accept from '../../support/differential/policy-accept.ts';
import * as files from '../../support/differential/policy-files.ts';
import { headers, unreachable } from '../../support/differential/policy-headers.ts';
import * as hosts from '../../support/differential/policy-hosts.ts';
import { origins } from '../../support/differential/policy-origins.ts';
import { paths } from '../../support/differential/policy-paths.ts';
import * as prefixes from '../../support/differential/policy-prefixes.ts';
import type { PolicyRow } from '../../support/differential/policy-row.ts';

const page = readFileSync(new URL('../../../docs/kubectl.md', import.meta.url), 'utf8');

/** As GitHub makes them of headings. */
const anchors = [...page.matchAll(/^## (.*)$/gm)].map(([, heading = '']) =>
  heading
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-'),
);

const tables = [accept, files, hosts, prefixes].flatMap((module) => Object.values(module));
const rows: readonly PolicyRow[] = [
  ...[headers, unreachable, origins, paths].flat(),
  ...tables.filter(isTable).flat(),
];

function isTable(value: unknown): value is readonly PolicyRow[] {
  return Array.isArray(value) && typeof value[0] === 'object';
}

describe('docs/kubectl.md', () => {
  it('has a section for every difference that the differential test knows', () => {
    const whys = [...rows, ...commands].flatMap(({ why }) => why ?? []);
    expect(whys.length).toBeGreaterThan(50);
    for (const why of whys) expect(anchors).toContain(why);
  });

  it('is named by every row in which the two differ', () => {
    const unexplained = rows.filter(
      ({ kubectl, porthole, only, why }) =>
        (kubectl !== porthole || only !== undefined) && why === undefined,
    );
    expect(unexplained).toEqual([]);
    const commandsUnexplained = commands.filter(
      ({ kubectl, porthole, why }) => kubectl !== porthole && why === undefined,
    );
    expect(commandsUnexplained).toEqual([]);
  });

  it('links to sections that are there', () => {
    const links = [...page.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor);
    expect(new Set(links)).toEqual(new Set(anchors));
  });

  it('has the names, short forms and defaults of the table of flags', () => {
    const listed = [
      ...page.matchAll(/^\| `--([a-z-]+)` \|(?: `-(\w)`)? \|(?: `(.*?)`)? \|.*\|$/gm),
    ].map(([, long, short, text]) => ({ long, short, default: text }));
    expect(listed.length).toBeGreaterThan(40);
    const actual = listed.map(({ long }) => {
      const flag = FLAGS.find((known) => known.long === long);
      return { long: flag?.long, short: flag?.short, default: flag?.default };
    });
    expect(listed).toEqual(actual);
  });

  it('has only flags that --help shows', () => {
    const help = helpText('serve', 'porthole');
    for (const [, long] of page.matchAll(/^\| `(--[a-z-]+)` \|/gm))
      expect(help).toContain(` ${long}`);
  });
});
