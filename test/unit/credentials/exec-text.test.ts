import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { masked, OutputLines } from '../../../src/credentials/exec/text.ts';

describe('the last words of a plugin', () => {
  it.each([
    ['AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIs3cret', 'wJalrXUtnFEMIs3cret'],
    ['{"SecretAccessKey":"wJalrXUtnFEMIs3cret"}', 'wJalrXUtnFEMIs3cret'],
    ['fetch https://user:s3cret-pw@host/path failed', 's3cret-pw'],
    ['+ curl -u user:s3cret-pw https://host', 's3cret-pw'],
    [String.raw`"body":"{\"access_token\":\"s3cret-token\"}"`, 's3cret-token'],
    ["{'access_token': 's3cret-token'}", 's3cret-token'],
    ['login --client-secret s3cret-value', 's3cret-value'],
    ['login --token=s3cret-value', 's3cret-value'],
    ['Authorization: Basic dXNlcjpwYXNz', 'dXNlcjpwYXNz'],
    ['sent basic dXNlcjpwYXNzd29yZA==', 'dXNlcjpwYXNzd29yZA'],
    ['Authorization: Bearer s3cret-token', 's3cret-token'],
    ['password=hunter22 refused', 'hunter22'],
    ['refresh_token=s3cret-token&x=1', 's3cret-token'],
  ])('hide the secret in %s', (text, secret) => {
    const shown = masked(text, []);
    expect(shown).toContain('***');
    expect(shown).not.toContain(secret);
  });

  it.each([
    'error: token: expired, log in again',
    'no such file: /home/me/.kube/key.pem',
    'https://login.example.com/device?code=ABCD-EFGH',
    'Error loading SSO Token: Token for my-session does not exist',
    'could not find key in the credential store',
    'use --token-file /run/token',
  ])('leave %s as it is', (text) => {
    expect(masked(text, [])).toBe(text);
  });

  it('show no piece of a key that is longer than what is kept of them', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const lines = new OutputLines(() => {}, []);
    lines.write(Buffer.from(`the key is\n${pem}and that was it\n`));
    lines.end();
    const body = pem.split('\n').slice(1, -2);
    expect(body.filter((line) => lines.lastWords.includes(line.slice(0, 20)))).toEqual([]);
    expect(lines.lastWords).toContain('that was it');
  });

  it('are passed on line by line, a thousand of them', () => {
    const seen: string[] = [];
    const lines = new OutputLines((line) => seen.push(line), []);
    lines.write(Buffer.from('y\n'.repeat(500_000)));
    lines.end();
    expect(seen).toHaveLength(1_001);
    expect(seen.at(-1)).toBe('... and more, which is not shown');
  });

  it('hide what is known to be secret, and leave an address to log in at as it is', () => {
    const seen: string[] = [];
    const lines = new OutputLines((said) => seen.push(said), ['hunter2']);
    lines.write(Buffer.from('open https://id.example/#id_token=abc with hunter2\n'));
    expect(seen).toEqual(['open https://id.example/#id_token=abc with ***']);
  });
});
