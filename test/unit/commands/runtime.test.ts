import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asksForInspector, MENDED, runtimeWarnings } from '../../../src/commands/runtime.ts';

const page = readFileSync(new URL('../../../docs/security.md', import.meta.url), 'utf8');
const MENDED_RELEASE = 'v24.22.3';

function warningsOf(
  nodeVersion: string,
  nodeFlags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): string[] {
  return runtimeWarnings({ nodeVersion, nodeFlags, env });
}

describe('a release of Node.js', () => {
  it.each([
    ['v22.23.5'],
    ['v22.24.0'],
    ['v24.22.3'],
    ['v24.22.10'],
    ['v24.100.0'],
    ['v26.13.1'],
    ['v26.14.0-nightly2026120112ab'],
    ['v27.0.0'],
    ['v28.1.2'],
  ])('%s is not warned of', (version) => {
    expect(warningsOf(version)).toEqual([]);
  });

  it.each([
    ['v20.18.1', '22.23.5, 24.22.3, 26.13.1 or newer'],
    ['v20.20.2', '22.23.5, 24.22.3, 26.13.1 or newer'],
    ['v21.7.3', '22.23.5, 24.22.3, 26.13.1 or newer'],
    ['v22.0.0', '22.23.5 or newer'],
    ['v22.23.4', '22.23.5 or newer'],
    ['v22.9.99', '22.23.5 or newer'],
    ['v23.11.1', '22.23.5, 24.22.3, 26.13.1 or newer'],
    ['v24.22.2', '24.22.3 or newer'],
    ['v24.3.10', '24.22.3 or newer'],
    ['v25.9.0', '22.23.5, 24.22.3, 26.13.1 or newer'],
    ['v26.13.0', '26.13.1 or newer'],
  ])('%s is, in one sentence that says to use %s', (version, releases) => {
    const [warning, ...others] = warningsOf(version);
    expect(others).toEqual([]);
    expect(warning).toContain(`Node.js ${version} has known holes`);
    expect(warning).toContain(` ${releases} (docs/security.md`);
    expect(warning).not.toMatch(/\n|\. /);
  });

  it('is not warned of where Node itself may not warn', () => {
    expect(warningsOf('v20.20.2', [], { NODE_NO_WARNINGS: '1' })).toEqual([]);
    expect(warningsOf('v20.20.2', [], { NODE_NO_WARNINGS: '0' })).toHaveLength(1);
  });

  it('is mended where docs/security.md has the last of its holes mended', () => {
    const rows = [
      ...page.matchAll(/^\| (CVE-\d{4}-\d+.*?) \| .*? \| (.*?) \| (.*?) \| (.*?) \|$/gm),
    ];
    expect(rows.length).toBeGreaterThan(10);
    const lines = [22, 24, 26] as const;
    const last = lines.map((major, column) => {
      const mended = rows.flatMap((row) =>
        /^22\.|^24\.|^26\./.test(row[column + 2] ?? '') ? [row[column + 2] ?? ''] : [],
      );
      return [major, mended.sort(byNumbers).at(-1)];
    });
    expect(last).toEqual([...MENDED].map(([major, rest]) => [major, [major, ...rest].join('.')]));
  });
});

describe('flags of Node that open its memory', () => {
  it.each([
    [['--inspect'], {}],
    [['--inspect-brk=0.0.0.0:9230'], {}],
    [['--inspect-wait'], {}],
    [[], { NODE_OPTIONS: '--max-old-space-size=64 --inspect=9230' }],
  ])('%j %j is warned of, even where nothing else is', (flags, env) => {
    const warnings = warningsOf(MENDED_RELEASE, flags, { ...env, NODE_NO_WARNINGS: '1' });
    expect(warnings).toEqual([expect.stringMatching(/inspector is open .*read your credentials/)]);
  });

  it.each([
    [['--heapsnapshot-signal=SIGUSR2'], {}],
    [[], { NODE_OPTIONS: '--heapsnapshot-near-heap-limit=2' }],
  ])('%j %j is warned of', (flags, env) => {
    expect(warningsOf(MENDED_RELEASE, flags, env)).toEqual([
      expect.stringMatching(/heap snapshots .*they hold your credentials/),
    ]);
  });

  it.each([
    [['--inspect-port=9230'], {}],
    [['--inspect-publish-uid=http'], {}],
    [['--disable-sigusr1'], {}],
    [[], { NODE_OPTIONS: '' }],
    [[], { NODE_OPTIONS: '--title=x--inspect' }],
  ])('%j %j is not', (nodeFlags, env) => {
    expect(warningsOf(MENDED_RELEASE, nodeFlags, env)).toEqual([]);
    expect(asksForInspector({ nodeFlags, env })).toBe(false);
  });
});

function byNumbers(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  const at = left?.findIndex((number, i) => number !== right?.[i]) ?? -1;
  return at < 0 ? 0 : (left?.[at] ?? 0) - (right?.[at] ?? 0);
}
