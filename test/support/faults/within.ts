// Rows in which the proxy itself is short of files, or stands still for some time.
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { RawClient, request } from '../raw-client.ts';
import { startWatch } from '../watching.ts';
import { ask, change, eventually, MAPS, PATIENCE_MS, type Scene } from './scene.ts';
import { type Finding, sightOfWrite } from './sight.ts';

const FILES = 64;
const CLIENTS = 100;
const CROWD_MS = 5000;
const WATCH = `${MAPS}?watch=1&resourceVersion=0`;
const WATCHES = 5;
/** Longer than the limits of what looks after connections. */
const SUSPENDED_MS = 16_000;

/** So many files, and more clients than that. */
export async function fewFiles(scene: Scene): Promise<Finding> {
  const { proxy, clientWire } = scene;
  await ask(scene, { path: '/version' });
  const before = await startWatch(clientWire.port, WATCH);
  execFileSync('prlimit', [`--pid=${proxy.pid}`, `--nofile=${FILES}:${FILES}`]);
  const crowd = await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const client = await RawClient.connect(proxy.port).catch(() => undefined);
      return client?.send(request(`GET ${WATCH}`));
    }),
  );
  const isTold = (client: RawClient | undefined): boolean =>
    client === undefined || client.ended || client.statuses.length > 0;
  await eventually(() => crowd.every(isTold), CROWD_MS);
  const served = crowd.filter((client) => client?.statuses[0] === 200).length;
  const waiting = crowd.filter((client) => !isTold(client)).length;
  const during = sightOfNew(await ask(scene, { path: '/version', leaveAfterMs: CROWD_MS }));
  for (const client of crowd) client?.close();
  const began = performance.now();
  const after = sightOfWrite(await ask(scene, { path: '/version' }));
  const ms = await untilAnswered(scene, began);
  const saw = {
    process: proxy.isAlive() ? 'alive' : 'ENDED',
    'new client beside the crowd': during,
    'first request after it': after,
    'watch from before': before.state === 'open' ? 'open' : 'cut',
  };
  before.stop();
  return {
    saw,
    counts: {
      'of the crowd served': [served, CLIENTS],
      refused: [CLIENTS - served - waiting, CLIENTS],
      'without a word after 5 s': [waiting, CLIENTS],
    },
    ms: { 'answered again after': ms },
  };
}

/** How long it took until a client, who asks again and again, was answered. */
async function untilAnswered(scene: Scene, began: number): Promise<number> {
  const limit = began + PATIENCE_MS;
  while ((await ask(scene, { path: '/version' })).status !== 200 && performance.now() < limit)
    await sleep(10);
  return performance.now() - began;
}

function sightOfNew(heard: Parameters<typeof sightOfWrite>[0]): string {
  return heard.left ? 'told nothing for 5 s' : sightOfWrite(heard);
}

/** The process stands still, as a notebook that sleeps. */
export async function suspended(scene: Scene): Promise<Finding> {
  const { ground, proxy, clientWire } = scene;
  const watches = await Promise.all(
    Array.from({ length: WATCHES }, () => startWatch(clientWire.port, WATCH)),
  );
  await ask(scene);
  process.kill(proxy.pid, 'SIGSTOP');
  const asking = sleep(SUSPENDED_MS).then(() => ask(scene, { path: '/version' }));
  await sleep(SUSPENDED_MS + 100); // the request is there before the proxy goes on
  process.kill(proxy.pid, 'SIGCONT');
  const began = performance.now();
  const next = sightOfWrite(await asking);
  const ms = performance.now() - began;
  const revision = await change(ground);
  const isTold = (received: string): boolean => received.includes(`"${revision}"`);
  await eventually(() => watches.every(({ received }) => isTold(received)), PATIENCE_MS);
  const went = watches.filter(({ received }) => isTold(received)).length;
  for (const watch of watches) watch.stop();
  return {
    saw: { 'next request': next },
    counts: { 'watches that went on': [went, WATCHES] },
    ms: { 'answer after': ms },
  };
}
