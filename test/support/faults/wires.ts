// Rows in which a wire hurts one exchange: an answer, a write, a watch.
import { agentFor } from '../consistency/asking.ts';
import { contentOf } from '../consistency/etcd.ts';
import { opData } from '../consistency/op.ts';
import type { FaultKind } from '../faults.ts';
import { startWatch } from '../watching.ts';
import { type Bystanders, gather } from './bystanders.ts';
import {
  AT,
  ask,
  CREATED,
  change,
  eventually,
  hurt,
  MAPS,
  newID,
  type Scene,
  type Side,
  text,
} from './scene.ts';
import { type Finding, itemsOf, sightOfAnswer, sightOfWatch, sightOfWrite } from './sight.ts';

const BODY = 100_000;
const EVENTS = 20;
/** Within which a proxy that sends again has done it. */
const AFTERWARDS_MS = 1000;
const CREATES = `/api/v1/namespaces/${CREATED}/configmaps`;

/** A list on its way to one client, while others wait for theirs. */
export async function inAnswer(scene: Scene, side: Side, kind: FaultKind): Promise<Finding> {
  const others = await gather(scene);
  try {
    const right = itemsOf(await scene.ground.direct.ask('GET', MAPS)) ?? '';
    const wire = await hurt(scene, side, { kind, way: 'answered', at: AT.answer });
    const asking = ask(scene);
    await eventually(() => wire.struck[kind] > 0);
    others.readOn();
    const saw = sightOfAnswer(await asking, right, itemsOf);
    const again = await ask(scene);
    const next = sightOfAnswer(again, right, itemsOf);
    mustHaveStruck(wire.struck[kind]);
    return { saw: { '': saw, 'next request': next }, counts: await harmOf(others) };
  } finally {
    others.leave();
  }
}

/** A create whose body is on its way. */
export async function inCreate(scene: Scene, side: Side, kind: FaultKind): Promise<Finding> {
  const { ground, clientWire } = scene;
  const agent = agentFor({ port: clientWire.port }, { keepAlive: true, maxSockets: 1 });
  // A connection that is hurt before the proxy has accepted it was nobody's.
  await ask(scene, { agent, path: '/version' });
  const wire = await hurt(scene, side, { kind, way: 'asked', at: AT.body });
  const auditID = newID();
  const body = {
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'made-' } },
    data: { ...opData(auditID), text: text(BODY) },
  };
  const told = await ask(scene, { agent, method: 'POST', path: CREATES, auditID, body });
  agent.destroy();
  mustHaveStruck(wire.struck[kind]);
  const had = (): number => ground.had.read().get(auditID) ?? 0;
  await eventually(() => had() > 1, AFTERWARDS_MS);
  const { objects } = await contentOf(ground.etcd.port, CREATED);
  const stored = objects.filter(({ op }) => op === auditID).length;
  return {
    saw: { '': sightOfWrite(told) },
    counts: {
      'in etcd': [stored > 0 ? 1 : 0, 1],
      'twice at the API server': [had() > 1 || stored > 1 ? 1 : 0, 1],
    },
  };
}

/** A watch whose events are on their way, while others have theirs. */
export async function inWatch(scene: Scene, side: Side, kind: FaultKind): Promise<Finding> {
  const { ground, clientWire } = scene;
  const others = await gather(scene);
  const from = await change(ground);
  const path = `${MAPS}?watch=1&resourceVersion=${from}`;
  const watch = await startWatch(clientWire.port, path);
  try {
    const wire = await hurt(scene, side, { kind, way: 'answered', at: AT.watch });
    let revision = from;
    for (let nth = 0; nth < EVENTS; nth++) revision = await change(ground);
    others.readOn();
    const truth = (await ground.direct.watchUntil(path, revision)).bytes.toString();
    await eventually(() => watch.state !== 'open');
    mustHaveStruck(wire.struck[kind]);
    return { saw: { '': sightOfWatch(watch, truth) }, counts: await harmOf(others) };
  } finally {
    watch.stop();
    others.leave();
  }
}

async function harmOf(others: Bystanders): Promise<NonNullable<Finding['counts']>> {
  const { cut, silent, all } = await others.harmed();
  const waiting = silent > 0 ? { 'bystanders silent': [silent, all] as const } : {};
  return { 'bystanders cut': [cut, all], ...waiting };
}

/** A play in which nothing was hurt says nothing. */
function mustHaveStruck(times: number): void {
  if (times !== 1) throw new Error(`the fault struck ${times} times instead of once`);
}
