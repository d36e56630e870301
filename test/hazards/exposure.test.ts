// 3.1, H12: whoever opens the port to others, or to any name, is told what that means, and has to say so twice.

import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { portholeWith, runPorthole } from '../support/cli.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { RunningCommand } from '../support/process.ts';
import { startUpstream } from '../support/recording-upstream.ts';

const ANY_HOST = '--accept-hosts=.*';
const CONFIRMED = '--i-understand-anyone-can-use-my-credentials';
const HOST_WARNING = /--accept-hosts accepts any\.example too: .* can act with your rights/;
const EXPOSURE_WARNING = /anyone who reaches the port can act with your rights/;

async function kubeconfig(): Promise<string> {
  const upstream = await startUpstream();
  const path = writeTestKubeconfig(upstream);
  onTestFinished(async () => {
    rmSync(dirname(path), { recursive: true });
    await upstream.close();
  });
  return `--kubeconfig=${path}`;
}

it.each([
  ['0.0.0.0', ['--address=0.0.0.0']],
  ['::', ['--address=::']],
  ['0.0.0.0 and any host', ['--address=0.0.0.0', ANY_HOST]],
  ['0.0.0.0 without the filter', ['--address=0.0.0.0', '--disable-filter']],
  ['0.0.0.0 with https alone', ['--address=0.0.0.0', '--tls']],
  ['0.0.0.0 with a token alone', ['--address=0.0.0.0', '--require-token']],
])('H12 %s is not served', async (_, flags) => {
  const { code, stdout, stderr } = await runPorthole(await kubeconfig(), '--port=0', ...flags);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/refusing to serve on .* others reach that address/);
});

it.each([
  ['any host', [ANY_HOST], [HOST_WARNING]],
  ['0.0.0.0, confirmed', ['--address=0.0.0.0', CONFIRMED], [EXPOSURE_WARNING]],
  [
    '0.0.0.0 and any host, confirmed',
    ['--address=0.0.0.0', ANY_HOST, CONFIRMED],
    [HOST_WARNING, EXPOSURE_WARNING],
  ],
] as const)('H12 %s is warned of, loudly', async (_, flags, warnings) => {
  const args = portholeWith([await kubeconfig(), '--port=0', ...flags]);
  const command = new RunningCommand(...args);
  onTestFinished(() => void command.stop('SIGKILL'));
  await command.waitFor('stdout', /^Starting to serve on /m);
  for (const warning of warnings) await command.waitFor('stderr', warning);
});
