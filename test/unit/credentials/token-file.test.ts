import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TokenFileCredentials } from '../../../src/credentials/token-file.ts';

/** Credentials from a file with `token` in it (none if undefined), and a clock of our own. */
function start(token: string | undefined, fallback?: string) {
  const dir = mkdtempSync(join(tmpdir(), 'porthole-token-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const path = join(dir, 'token');
  const state = { ms: 0 };
  const warnings: string[] = [];
  if (token !== undefined) writeFileSync(path, token);
  const credentials = new TokenFileCredentials({
    path,
    clientCertificate: { cert: 'C', key: 'K' },
    fallback,
    now: () => state.ms,
    warn: (sentence) => warnings.push(sentence),
  });
  return {
    credentials,
    path,
    warnings,
    write: (text: string) => writeFileSync(path, text),
    remove: () => rmSync(path),
    later: (ms: number) => {
      state.ms += ms;
      return credentials.current();
    },
  };
}

describe('TokenFileCredentials', () => {
  it('trims the token and is a plain value from then on', async () => {
    const { credentials, later } = start('  one\r\n');
    const first = await credentials.current();
    expect(first).toEqual({
      authorization: 'Bearer one',
      clientCertificate: { cert: 'C', key: 'K' },
    });
    expect(later(49_999)).toBe(first);
  });

  it('C12: reads again after 50 s: the same object for the same token, another for another', async () => {
    const { later, write } = start('one');
    const first = await later(0);
    const again = later(50_000);
    expect(again).toBeInstanceOf(Promise);
    expect(await again).toBe(first);
    write('two');
    expect(later(49_999)).toBe(first);
    const second = await later(1);
    expect(second).toMatchObject({ authorization: 'Bearer two' });
    expect(later(1)).toBe(second);
  });

  it('reads once for all who ask meanwhile', () => {
    const { credentials } = start('one');
    expect(credentials.current()).toBe(credentials.current());
    return credentials.current();
  });

  it.each<[string, string | undefined, RegExp]>([
    [
      'gone',
      undefined,
      /^cannot read the token file ".*token" \(ENOENT\); the token in use stays$/,
    ],
    ['empty', ' \n', /^read empty token from file ".*token"; the token in use stays$/],
    [
      'not fit for a header',
      's3cret\nX: y',
      /^the token file ".*token" holds a line break .*; the token in use stays$/,
    ],
    ['beyond Latin-1', 's3cret\u20ac', /holds a line break or another character/],
  ])(
    'keeps the last good token when the file is %s, and warns once',
    async (_, content, warning) => {
      const { later, write, remove, warnings } = start('one');
      const first = await later(0);
      if (content === undefined) remove();
      else write(content);
      expect(await later(50_000)).toBe(first);
      expect(await later(1_000)).toBe(first);
      expect(warnings).toEqual([expect.stringMatching(warning)]);
      expect(warnings.join()).not.toContain('s3cret');
    },
  );

  it('tries again a second after a failure, and warns anew after a recovery', async () => {
    const { later, write, remove, warnings } = start('one');
    const first = await later(0);
    remove();
    await later(50_000);
    write('two');
    expect(later(999)).toBe(first);
    expect(await later(1)).toMatchObject({ authorization: 'Bearer two' });
    remove();
    await later(50_000);
    expect(warnings).toHaveLength(2);
  });

  it('does not wait for a pipe that nobody writes to', async () => {
    const { credentials, path } = start(undefined);
    execFileSync('mkfifo', [path]);
    await expect(credentials.current()).rejects.toMatchObject({ code: 'ERR_CREDENTIALS' });
  });

  it('falls back to the static token while the file has never been read', async () => {
    const { later, write, warnings } = start(undefined, 'Bearer static');
    expect(await later(0)).toMatchObject({ authorization: 'Bearer static' });
    expect(warnings).toHaveLength(1);
    write('one');
    expect(await later(1_000)).toMatchObject({ authorization: 'Bearer one' });
  });

  it('rejects when there is nothing to fall back to, and recovers', async () => {
    const { credentials, write } = start(undefined);
    await expect(credentials.current()).rejects.toMatchObject({ code: 'ERR_CREDENTIALS' });
    write('one');
    expect(await credentials.current()).toMatchObject({ authorization: 'Bearer one' });
  });

  describe('after a 401', () => {
    it('reads at once: another token is another credential, for all who were refused', async () => {
      const { credentials, write } = start('one');
      const old = await credentials.current();
      write('two');
      const renewed = await Promise.all([credentials.renew(old), credentials.renew(old)]);
      expect(renewed[0]).toMatchObject({ authorization: 'Bearer two' });
      expect(renewed[1]).toBe(renewed[0]);
      expect(await credentials.renew(old)).toBe(renewed[0]);
    });

    it('finds none while the file is the same, and looks once a second at most', async () => {
      const { credentials, write, later } = start('one');
      const old = await credentials.current();
      expect(await credentials.renew(old)).toBeUndefined();
      write('two');
      expect(await credentials.renew(old)).toBeUndefined();
      later(1_000);
      expect(await credentials.renew(old)).toMatchObject({ authorization: 'Bearer two' });
    });

    it('keeps the token when the file is gone', async () => {
      const { credentials, remove, warnings } = start('one');
      const old = await credentials.current();
      remove();
      expect(await credentials.renew(old)).toBeUndefined();
      expect(await credentials.current()).toBe(old);
      expect(warnings).toHaveLength(1);
      expect(credentials.state).toMatchObject({
        kind: 'token file',
        failure: { message: warnings[0] },
      });
    });
  });
});
