import { describe, expect, it } from 'vitest';
import type { Credential } from '../../src/credentials/credentials.ts';
import { alice, bob, startGated } from '../support/gated-pool.ts';
import { eventually } from '../support/pair.ts';

describe('the TLS session of a connection', () => {
  it('is resumed by the next one of the same client certificate, whose name the server still knows', async () => {
    const { pool, seen } = await startGated();
    // The server gives it after the handshake (RFC 8446 section 4.6.1): it may come too late for the very next one.
    for (let i = 1; i <= 20 && !seen.resumed.includes(true); i++) {
      await pool.acquire(alice, true);
      await eventually('the server has it', () => seen.names.length === i);
    }
    expect(seen.resumed).toContain(true);
    expect(new Set(seen.names)).toEqual(new Set(['alice']));
  });

  it('is never offered with another certificate, not even with a copy of its own', async () => {
    const { pool, seen } = await startGated();
    const { cert = '', key = '' } = alice.clientCertificate ?? {};
    const renewed: Credential = { authorization: undefined, clientCertificate: { cert, key } };
    for (const [i, credential] of [alice, bob, renewed].entries()) {
      await pool.acquire(credential, true);
      await eventually('the server has it', () => seen.names.length === i + 1);
    }
    expect(seen.resumed).toEqual([false, false, false]);
  });
});
