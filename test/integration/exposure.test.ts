import { describe, expect, it } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import { startPair } from '../support/pair.ts';

const tls = mintAuthority({ commonName: 'door' }).issueServer();
const token = '0123456789abcdef';

describe('an address that others reach', () => {
  it.each([
    ['nothing', {}],
    ['TLS alone', { tls }],
    ['a token alone', { token }],
  ])('is not served on with %s', async (_, door) => {
    await expect(startPair(undefined, { address: '0.0.0.0', ...door })).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: expect.stringMatching(/--tls and --require-token, or --i-understand/),
    });
  });

  it.each([
    ['TLS and a token', { tls, token }],
    ["the operator's word", { acceptExposure: true }],
  ])('is served on with %s', async (_, door) => {
    const { proxy } = await startPair(undefined, { address: '0.0.0.0', ...door });
    expect(proxy.address).toBe(`0.0.0.0:${proxy.port}`);
  });
});
