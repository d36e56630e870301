// Runs groups of rows: one pair of processes for each set of flags.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../cluster/cluster.ts';
import type { Reaction } from './ask.ts';
import { type BothProxies, type BothSetup, startBoth } from './both-proxies.ts';
import { expectedOf, judge, requestLineOf } from './judge.ts';
import type { PolicyRow } from './policy-row.ts';

export interface Group {
  readonly title: string;
  readonly setup?: BothSetup;
  readonly rows: readonly PolicyRow[];
}

/** One test for each row; `more` adds others to a group's, given its two proxies. */
export function compareAll(
  cluster: Cluster,
  groups: readonly Group[],
  more: Readonly<Record<string, (both: () => BothProxies) => void>> = {},
): void {
  describe.each(groups)('$title', ({ title, setup, rows }) => {
    let both: BothProxies;

    beforeAll(async () => {
      both = await startBoth(cluster, setup);
    });

    afterAll(() => both?.stop());

    it.each(rows)('$id', async (row) => {
      const { kubectl, porthole } = await both.react(row.request);
      expect(judge(kubectl, porthole)).toEqual(expectedOf(row));
      if (porthole.outcome === 'forwarded') expect(porthole.sent?.start).toBe(requestLineOf(row));
      else if (porthole.outcome >= 400 && row.bare !== true) expectStatus(porthole, row);
    });

    more[title]?.(() => both);
  });
}

/** A refusal of ours is a `Status` that says what to do about it. */
function expectStatus({ outcome, answer }: Reaction, row: PolicyRow): void {
  expect(answer.fields).toContain('content-type: application/json');
  expect(answer.fields).toContain('x-content-type-options: nosniff');
  expect(answer.fields.filter((field) => field.startsWith('access-control-'))).toEqual([]);
  if (row.request.startsWith('HEAD ')) return;
  expect(JSON.parse(answer.body)).toMatchObject({ kind: 'Status', code: outcome });
  if (outcome === 403) expect(answer.body).toMatch(/--[a-z-]+|no flag|send it once/);
}
