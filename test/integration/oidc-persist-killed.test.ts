import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { persistAuthProvider } from '../../src/kubeconfig/persist/persist.ts';
import { run } from '../support/process.ts';

const PERSIST = new URL('../../dist/kubeconfig/persist/persist.js', import.meta.url).href;

/** Ends itself with SIGKILL in the middle of one of node:fs's functions; a write gets half of its bytes out. */
const SCRIPT = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const [at, file] = process.argv.slice(1);
fs[at] = (target, bytes) => {
  if (at === 'writeFileSync') fs.writeSync(target, bytes.subarray(0, bytes.length / 2));
  process.kill(process.pid, 'SIGKILL');
};
syncBuiltinESMExports();
const { persistAuthProvider } = await import(${JSON.stringify(PERSIST)});
const changes = new Map([['id-token', 'new-token']]);
await persistAuthProvider({ file, userName: 'alice', changes, lockAll: [] });
`;

const kubeconfig = (token: string): string =>
  `users:\n- name: alice\n  user:\n    auth-provider:\n      config:\n        id-token: ${token}\n`;

it.each(['writeFileSync', 'fsyncSync', 'renameSync'])(
  'leaves the old kubeconfig when it is killed in %s, and says of the lock what to do',
  async (at) => {
    const folder = mkdtempSync(join(tmpdir(), 'porthole-killed-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'config');
    writeFileSync(file, kubeconfig('old-token'));
    const node = await run(process.execPath, ['--input-type=module', '-e', SCRIPT, at, file]);
    expect(node).toMatchObject({ signal: 'SIGKILL', stderr: '' });
    expect(readFileSync(file, 'utf8')).toBe(kubeconfig('old-token'));
    const changes = new Map([['id-token', 'new-token']]);
    const persist = () =>
      persistAuthProvider({ file, userName: 'alice', changes, lockAll: [], lockWaitMs: 0 });
    await expect(persist()).rejects.toThrow(`${file}.lock is held by another program; remove it`);
    rmSync(`${file}.lock`);
    await persist();
    expect(readFileSync(file, 'utf8')).toBe(kubeconfig('new-token'));
  },
);
