import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PortholeError } from '../../src/errors.ts';
import type { KubeconfigFlags } from '../../src/kubeconfig/kubeconfig.ts';
import { loadKubeconfig } from '../../src/kubeconfig/load.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { request } from '../support/raw-client.ts';
import { startUpstream } from '../support/recording-upstream.ts';
import { openWide, seenBy } from './exact.ts';

const CLOSE = 'Connection: close\r\n';

/** Why a kubeconfig can not be used whose user has these fields, and a token file with this text. */
async function refusal(
  user: Readonly<Record<string, unknown>>,
  flags: KubeconfigFlags = {},
  tokenFile = '',
): Promise<PortholeError> {
  const upstream = await startUpstream();
  const kubeconfig = writeTestKubeconfig(upstream, { user });
  const cwd = dirname(kubeconfig);
  onTestFinished(async () => {
    rmSync(cwd, { recursive: true });
    await upstream.close();
  });
  writeFileSync(join(cwd, 'token'), tokenFile);
  const surroundings = { env: {}, cwd, platform: process.platform, now: new Date() };
  try {
    loadKubeconfig({ ...surroundings, flags: { ...flags, kubeconfig } });
  } catch (error) {
    if (error instanceof PortholeError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a value that would start a field of its own is refused when it is read, and not shown', () => {
  const EVIL = 's3cret\r\nImpersonate-User: admin';
  it.each<[string, Record<string, unknown>, KubeconfigFlags?, string?]>([
    ['D12 a token with CRLF', { token: EVIL }],
    ['D12 a token with LF', { token: 's3cret\nX: y' }],
    ['D12 a token with CR', { token: 's3cret\rX: y' }],
    ['D12 a token with NUL', { token: 's3cret\0' }],
    ['D12 a token beyond Latin-1', { token: 's3cret\u010d\u010a' }],
    ['D12 a token file', { tokenFile: 'token' }, {}, EVIL],
    ['D12 --token', {}, { token: EVIL }],
    ['D12 as', { as: EVIL }],
    ['D12 as with NUL', { as: 's3cret\0' }],
    ['D12 --as', {}, { as: EVIL }],
    ['D12 as-uid', { as: 'a', 'as-uid': EVIL }],
    ['D12 as-groups', { as: 'a', 'as-groups': ['b', EVIL] }],
    ['D12 as-user-extra', { as: 'a', 'as-user-extra': { k: [EVIL] } }],
  ])('%s', async (_, user, flags, tokenFile) => {
    const { code, message } = await refusal(user, flags, tokenFile);
    expect(code).toBe('ERR_KUBECONFIG');
    expect(message).toContain('line break');
    expect(message).not.toMatch(/s3cret|admin/);
  });
});

describe('a value that is no more than a value', () => {
  const lines = (seen: string): string => Buffer.from(seen, 'latin1').toString();

  it('D12 a name beyond Latin-1 goes as UTF-8', async () => {
    const { ask, upstream } = await openWide(undefined, { flags: { as: '\u010d\u010a' } });
    await ask(request('GET /x', { headers: CLOSE }));
    expect(lines(seenBy(upstream))).toBe(
      'GET /x HTTP/1.1\r\nImpersonate-User: \u010d\u010a\r\n\r\n',
    );
  });

  it('D12 a key of as-user-extra is escaped', async () => {
    const user = { token: 'planted', as: 'a', 'as-user-extra': { 'b\r\nX: y': ['c'] } };
    const { ask, upstream } = await openWide(undefined, { kubeconfig: () => ({ user }) });
    await ask(request('GET /x', { headers: CLOSE }));
    expect(seenBy(upstream)).toBe(
      'GET /x HTTP/1.1\r\nAuthorization: Bearer planted\r\nImpersonate-User: a\r\nImpersonate-Extra-b%0d%0aX%3a%20y: c\r\n\r\n',
    );
  });
});
