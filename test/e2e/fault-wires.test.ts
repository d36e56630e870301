import { Agent } from 'node:http';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type BehindFaults, startBehindFaults } from '../support/behind-faults.ts';
import { createAll } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { type Sending, send } from '../support/consistency/asking.ts';
import { seenIn } from '../support/consistency/direct.ts';
import { DELAYS, ENDS, type FaultKind, FORGERIES } from '../support/faults.ts';
import { startWatch } from '../support/watching.ts';

const NAMESPACE = 'faults';
const MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
/** Far behind the TLS handshake, and within the list and the large object. */
const AT = 60_000;
const LARGE = 'x'.repeat(300_000);
const SMALL = 'x'.repeat(6_000);
const OBJECTS = 60;

/** Those that end an exchange on the way to the API server, and on the way to a client, where there is no TLS to be hurt. */
const FATAL_UPSTREAM: readonly FaultKind[] = [...ENDS, ...FORGERIES];

let count = 0;

/** A request by a client of its own, through the wire. */
function ask({ clientWire: { port } }: BehindFaults, sending: Partial<Sending>) {
  const agent = new Agent();
  onTestFinished(() => agent.destroy());
  const auditID = `wires-${count++}`;
  return send({ door: { port }, agent, method: 'GET', path: MAPS, auditID, ...sending });
}

/** A create of a large object; its name is `name`. */
function create(behind: BehindFaults, name: string, more: Partial<Sending> = {}) {
  const body = {
    ...{ apiVersion: 'v1', kind: 'ConfigMap' },
    ...{ metadata: { name }, data: { text: LARGE } },
  };
  return ask(behind, { method: 'POST', body, ...more });
}

async function names({ direct }: BehindFaults): Promise<readonly string[]> {
  return seenIn(await direct.ask('GET', MAPS)).objects.map(({ name }) => name);
}

/** All is well again, over the same porthole. */
async function recovers(behind: BehindFaults): Promise<void> {
  for (const wire of [behind.clientWire, behind.upstreamWire]) wire.calm();
  const answer = await ask(behind, {});
  expect(answer).toMatchObject({ status: 200, whole: true });
  expect(answer?.objects.map(({ name }) => name)).toEqual(await names(behind));
}

/** The final records of requests of one kind. */
async function recorded({ proxy }: BehindFaults, method: string): Promise<readonly object[]> {
  const records = () => proxy.log().filter((line) => line['outcome'] && line['method'] === method);
  await expect.poll(() => records().length).toBeGreaterThan(0);
  return records();
}

describeOnCluster('a wire that hurts', (cluster) => {
  beforeAll(async () => {
    const maps = Array.from({ length: OBJECTS }, (_, nth) => ({
      ...{ apiVersion: 'v1', kind: 'ConfigMap', data: { text: SMALL } },
      metadata: { name: `map-${nth}`, namespace: NAMESPACE },
    }));
    await createAll(cluster, [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
      ...maps,
    ]);
  });

  describe('between porthole and the API server', () => {
    it.each(FATAL_UPSTREAM)(
      '%s in an answer: the client is told that it is not whole',
      async (kind) => {
        const behind = await startBehindFaults(cluster);
        behind.upstreamWire.hurt(() => ({ kind, way: 'answered', at: AT }));
        expect(await ask(behind, {})).toMatchObject({ status: 200, whole: false });
        expect(behind.upstreamWire.struck[kind]).toBe(1);
        expect(await recorded(behind, 'GET')).toMatchObject([
          { outcome: 'upstream-aborted', status: 200 },
        ]);
        await recovers(behind);
      },
    );

    it.each(FATAL_UPSTREAM)('%s in a request: it is not done, and not sent again', async (kind) => {
      const behind = await startBehindFaults(cluster);
      behind.upstreamWire.hurt(() => ({ kind, way: 'asked', at: AT }));
      const name = `asked-${kind}`;
      const answer = await create(behind, name);
      expect(behind.upstreamWire.struck[kind]).toBe(1);
      expect(behind.upstreamWire.accepted).toBe(1);
      // The API server's own answer to half a body, where it has one, or porthole's that it has none.
      expect([400, 500, 502]).toContain(answer?.status);
      expect(await names(behind)).not.toContain(name);
      await recovers(behind);
    });

    it.each(DELAYS)('%s: nobody notices', async (kind) => {
      const behind = await startBehindFaults(cluster);
      const { upstreamWire } = behind;
      upstreamWire.hurt(() => ({ kind, way: 'asked', at: AT }));
      const name = `delayed-${kind}`;
      expect(await create(behind, name)).toMatchObject({ status: 201, whole: true });
      upstreamWire.afflict(0, { kind, way: 'answered', at: AT });
      const list = await ask(behind, {});
      expect(upstreamWire.struck[kind]).toBe(2);
      const all = await names(behind);
      expect(all).toContain(name);
      expect(list?.objects.map((each) => each.name)).toEqual(all);
      await behind.direct.ask('DELETE', `${MAPS}/${name}`);
    });

    it.each([...FATAL_UPSTREAM, ...DELAYS])(
      '%s in a watch: no event is missing before its end',
      async (kind) => {
        const behind = await startBehindFaults(cluster);
        const { direct, upstreamWire, clientWire } = behind;
        const from = seenIn(await direct.ask('GET', MAPS)).revision ?? 0;
        const path = `${MAPS}?watch=1&resourceVersion=${from}`;
        const watch = await startWatch(clientWire.port, path);
        onTestFinished(() => watch.stop());
        upstreamWire.afflict(0, { kind, way: 'answered', at: 10_000 });
        let revision = from;
        for (let nth = 0; nth < 20; nth++) {
          const map = { metadata: { name: 'map-0' }, data: { text: SMALL, nth: `${nth}` } };
          const text = await direct.ask('PUT', `${MAPS}/map-0`, map);
          revision = seenIn(text).objects[0]?.revision ?? 0;
        }
        const truth = (await direct.watchUntil(path, revision)).bytes.toString();
        const isDelay = DELAYS.some((delay) => delay === kind);
        if (isDelay) await expect.poll(() => watch.received.length).toBe(truth.length);
        else await expect.poll(() => watch.state).toBe('cut');
        expect(upstreamWire.struck[kind]).toBe(1);
        expect(truth.startsWith(watch.received)).toBe(true);
        expect(watch.received.length === truth.length).toBe(isDelay);
        await recovers(behind);
      },
    );
  });

  describe('between a client and porthole', () => {
    it.each(ENDS)('%s in an answer: the client sees that it is not whole', async (kind) => {
      const behind = await startBehindFaults(cluster);
      behind.clientWire.hurt(() => ({ kind, way: 'answered', at: AT }));
      expect(await ask(behind, {})).toMatchObject({ status: 200, whole: false });
      expect(behind.clientWire.struck[kind]).toBe(1);
      expect(await recorded(behind, 'GET')).toHaveLength(1);
      await recovers(behind);
    });

    it.each(ENDS)('%s in a request: it is not done', async (kind) => {
      const behind = await startBehindFaults(cluster);
      // A connection that is reset before porthole has accepted it was nobody's.
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      await ask(behind, { agent });
      behind.clientWire.afflict(0, { kind, way: 'asked', at: AT });
      const name = `client-asked-${kind}`;
      const answer = await create(behind, name, { agent });
      agent.destroy();
      expect(behind.clientWire.struck[kind]).toBe(1);
      expect(answer?.status ?? 400).toBeGreaterThanOrEqual(400);
      expect(await recorded(behind, 'POST')).toMatchObject([{ outcome: 'client-gone' }]);
      expect(await names(behind)).not.toContain(name);
      await recovers(behind);
    });

    it.each(DELAYS)('%s: nobody notices', async (kind) => {
      const behind = await startBehindFaults(cluster);
      behind.clientWire.hurt((nth) => ({ kind, way: nth === 0 ? 'asked' : 'answered', at: AT }));
      const name = `client-delayed-${kind}`;
      expect(await create(behind, name)).toMatchObject({ status: 201, whole: true });
      expect(await ask(behind, {})).toMatchObject({ status: 200, whole: true });
      expect(behind.clientWire.struck[kind]).toBe(2);
      await behind.direct.ask('DELETE', `${MAPS}/${name}`);
    });
  });
});
