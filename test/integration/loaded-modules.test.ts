import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyFolder, portholeWith } from '../support/cli.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { RunningCommand } from '../support/process.ts';
import { startUpstream } from '../support/recording-upstream.ts';

/** Tells of Node's own modules when the process ends. */
const PROBE = `process.on('exit', () => console.log('LOADED ' + process.moduleLoadList.join()))`;

/** What a porthole with these flags has loaded for serving: files, by their URLs, and modules of Node, as `node:net`. */
async function loadedWith(...flags: readonly string[]): Promise<string[]> {
  const kubeconfig = writeTestKubeconfig(await startUpstream());
  const args = [`--kubeconfig=${kubeconfig}`, '--port=0', '--log-format=json', ...flags];
  const [node, words, { env, ...options }] = portholeWith(args);
  // Coverage names every file that ran.
  const coverage = emptyFolder();
  const command = new RunningCommand(
    node,
    ['--import', `data:text/javascript,${encodeURIComponent(PROBE)}`, ...words],
    { ...options, env: { ...env, NODE_V8_COVERAGE: coverage } },
  );
  onTestFinished(() => void command.stop('SIGKILL'));
  await command.waitFor('stdout', /^Starting to serve on /m);
  await command.stop('SIGINT');
  const files = readdirSync(coverage).flatMap((name) => {
    const report: { result: { url: string }[] } = JSON.parse(
      readFileSync(join(coverage, name), 'utf8'),
    );
    return report.result.map(({ url }) => url);
  });
  const [, own = ''] = /^LOADED (.*)$/m.exec(command.stdout) ?? [];
  return [...files, ...own.replaceAll('NativeModule ', 'node:').split(',')];
}

describe('serving with a static credential and the default filters', () => {
  it('loads few files, and nothing that it has no use for', async () => {
    const loaded = await loadedWith();
    expect(loaded).toContain('node:net');
    const files = loaded.filter((name) => name.startsWith('file:'));
    expect(files.some((name) => name.endsWith('/dist/bundle/cli.js'))).toBe(true);
    // 299 before there was a bundle; the time to start goes by it. bin/porthole.js, the entry, and all that a start needs.
    expect(files).toHaveLength(3);
    expect(files.filter((name) => name.includes('/node_modules/'))).toEqual([]);
    expect(
      files.filter((name) =>
        /\/(?:demo|doctor|har|klog|audit|trace|help|fetch-text|persist)-/.test(name),
      ),
    ).toEqual([]);
    expect(loaded.filter((name) => /^node:(?:https?|http2|zlib)$/.test(name))).toEqual([]);
  });

  it('loads re2js for a pattern that needs it', async () => {
    const loaded = await loadedWith('--reject-paths=^/(a|b)');
    expect(loaded.some((name) => name.includes('/node_modules/re2js/'))).toBe(true);
  });
});
