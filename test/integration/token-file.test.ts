import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptyFolder } from '../support/cli.ts';
import { startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';

const GET = request('GET /version', { headers: 'Connection: close\r\n' });

/** A proxy whose user has a token in a file, and what of it the API server gets. */
async function startWithFile(token: string, user: object = {}) {
  const path = join(emptyFolder(), 'token');
  writeFileSync(path, token);
  const pair = await startPair(
    undefined,
    {},
    {},
    {
      kubeconfig: () => ({ user: { tokenFile: path, ...user } }),
    },
  );
  return {
    ...pair,
    path,
    /** The values of `Authorization` that one more request brings. */
    async sent(): Promise<string[]> {
      const before = pair.upstream.bytes.length;
      expect(await pair.ask(GET)).toContain('HTTP/1.1 200 OK\r\n');
      const lines = pair.upstream.bytes.slice(before).matchAll(/^authorization: (.*)\r$/gim);
      return [...lines].map(([, value = '']) => value);
    },
  };
}

describe('the token of a tokenFile', () => {
  // The proxy's clock stands still but for what a test advances; timers and sockets are as they are.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('is sent, before a token of the kubeconfig', async () => {
    const { sent } = await startWithFile(' one\n', { token: 'other' });
    expect(await sent()).toEqual(['Bearer one']);
  });

  it('is read again after 50 s', async () => {
    const { sent, path } = await startWithFile('one');
    expect(await sent()).toEqual(['Bearer one']);
    writeFileSync(path, 'two');
    vi.advanceTimersByTime(49_999);
    expect(await sent()).toEqual(['Bearer one']);
    vi.advanceTimersByTime(1);
    expect(await sent()).toEqual(['Bearer two']);
  });

  it('stays when the file has gone, with a warning that does not hold it', async () => {
    const { sent, path, proxy } = await startWithFile('s3cret');
    expect(await sent()).toEqual(['Bearer s3cret']);
    rmSync(path);
    for (const _ of [1, 2]) {
      vi.advanceTimersByTime(50_000);
      expect(await sent()).toEqual(['Bearer s3cret']);
    }
    expect(proxy.warnings).toEqual([expect.stringMatching(/^cannot read the token file .*stays$/)]);
    expect(proxy.warnings.join()).not.toContain('s3cret');
  });
});
