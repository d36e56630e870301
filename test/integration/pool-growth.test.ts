import { describe, expect, it } from 'vitest';
import type { UpstreamConnection } from '../../src/upstream/connection.ts';
import { alice, startGated } from '../support/gated-pool.ts';
import { eventually } from '../support/pair.ts';

const NEVER = 60_000;

describe('a pool that has as many connections as it opens at once', () => {
  it('lets the next one wait for one of them', async () => {
    const { pool, seen, take } = await startGated({ eager: 2, grow: NEVER });
    const [first] = await take(2);
    const next = pool.acquire(alice, false);
    const last = pool.acquire(alice, false);
    pool.release(first as UpstreamConnection);
    expect(await next).toBe(first);
    pool.release(first as UpstreamConnection);
    expect(await last).toBe(first);
    expect(seen.transports).toHaveLength(2);
  });

  it('opens another one for whoever has waited too long: slow answers hold nobody back', async () => {
    const { pool, seen, take } = await startGated({ eager: 2, grow: 1 });
    const busy = await take(2);
    const next = await pool.acquire(alice, false);
    expect(busy).not.toContain(next);
    expect(seen.transports).toHaveLength(3);
  });

  it('opens one at once for an exchange that needs a fresh one', async () => {
    const { pool, take } = await startGated({ eager: 2, grow: NEVER });
    await take(2);
    expect((await pool.acquire(alice, true)).reused).toBe(false);
  });

  it('does not count those that watches and tunnels hold', async () => {
    const { pool, take } = await startGated({ eager: 2, grow: NEVER });
    for (const connection of await take(2)) connection.longRunning = true;
    expect((await pool.acquire(alice, false)).reused).toBe(false);
  });

  it('waits no more once it is closed', async () => {
    const { pool, take } = await startGated({ eager: 1, grow: NEVER });
    await take(1);
    const next = pool.acquire(alice, false);
    // So that its timer runs.
    await new Promise((resolve) => setImmediate(resolve));
    pool.close();
    await expect(next).rejects.toMatchObject({ code: 'ERR_SHUTTING_DOWN' });
    await eventually(
      'no timer is left',
      () => !process.getActiveResourcesInfo().includes('Timeout'),
    );
  });
});
