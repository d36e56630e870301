import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { killWriters } from '../support/log-killer.ts';

/** More of them by hand: `KILL_ROUNDS=1000`. */
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 25);

it.each(['buffered', 'strict'] as const)(
  'leaves whole lines but for the last when it is killed at any moment, and begins on a fresh one: %s',
  async (mode) => {
    const folder = mkdtempSync(join(tmpdir(), 'porthole-killed-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const seen = await killWriters({ file: join(folder, 'audit.log'), rounds: ROUNDS, mode });
    expect(seen.lines).toBeGreaterThan(ROUNDS);
    expect(seen.torn).toBeGreaterThan(0);
    expect(seen.rotated).toBeGreaterThan(0);
    if (mode === 'strict') expect(seen.acknowledged).toBeGreaterThan(ROUNDS);
  },
  20_000 + ROUNDS * 500,
);
