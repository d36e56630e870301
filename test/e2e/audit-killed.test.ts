import { expect, it } from 'vitest';
import { startAuditedUpstream } from '../support/audited-porthole.ts';
import { killPortholes } from '../support/porthole-killer.ts';

/** More of them by hand: `KILL_ROUNDS=500`. */
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 10);
const MAX_MS = Number(process.env['KILL_MS'] ?? 300);

it.each(['batch', 'blocking-strict'] as const)(
  'leaves whole records when it is killed at any moment under load: %s',
  async (mode) => {
    const upstream = await startAuditedUpstream();
    const killed = await killPortholes(upstream, { mode, rounds: ROUNDS, maxMs: MAX_MS });
    if (process.env['KILL_ROUNDS'] !== undefined) console.log(mode, killed);
    expect(killed.answered).toBeGreaterThan(ROUNDS);
    expect(killed.backups).toBeGreaterThan(0);
    if (mode === 'blocking-strict') expect(killed.recorded).toBeGreaterThanOrEqual(killed.answered);
  },
  30_000 + ROUNDS * 10_000,
);
