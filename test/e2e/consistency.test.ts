import { expect, it, onTestFinished } from 'vitest';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { figuresOf } from '../support/consistency/report.ts';
import { runOnce } from '../support/consistency/run.ts';
import { openSea } from '../support/consistency/sea.ts';

describeOnCluster('50 clients of a porthole that is hurt on both sides', ({ assets }) => {
  it.for([
    { how: 'over plain HTTP', tls: false, seed: 1 },
    { how: 'over TLS, where bytes are forged, too', tls: true, seed: 2 },
  ])(
    '$how: lose nothing, do nothing twice, and are told the end of every watch',
    async ({ tls, seed }, { annotate }) => {
      const sea = await openSea(assets, { name: 'porthole', tls });
      onTestFinished(() => sea.stop());
      const result = await runOnce(sea, { seed, clients: 50, stormMs: 3000 });
      await annotate(figuresOf(result));
      expect(result.violations).toEqual([]);
      // It was a storm: writes were asked for, and some of them were not answered.
      const kinds = Object.values(result.struck).filter((count) => count > 0);
      expect(kinds.length).toBeGreaterThan(6);
      expect(result.world.history.length).toBeGreaterThan(50);
      expect(result.world.asked.some(({ answer }) => answer === undefined)).toBe(true);
    },
  );
});
