// Rows in which what is behind the proxy fails: kube-apiserver, or its etcd.
import { setTimeout as sleep } from 'node:timers/promises';
import { startWatch } from '../watching.ts';
import { ask, change, eventually, MAPS, newID, PATIENCE_MS, type Scene } from './scene.ts';
import { type Finding, sightOfWrite } from './sight.ts';

const WATCHES = 20;
const SOON_MS = 2000;
const TRIES = 6;
/** In place of an answer that its own time limit overtook (test/e2e/fault-etcd-stopped.test.ts tells more). */
const HUNG_UP = /socket hang up|stream error|INTERNAL_ERROR|EOF/;

/** kube-apiserver is killed, and started again. */
export async function apiServerKilled(scene: Scene): Promise<Finding> {
  const { ground, clientWire } = scene;
  const watches = await watchesOf(clientWire.port, WATCHES);
  await ground.apiServer.end('SIGKILL');
  await sleep(SOON_MS);
  const ended = watches.filter(({ state }) => state === 'cut').length;
  for (const watch of watches) watch.stop();
  const meanwhile = sightOfWrite(await ask(scene, { path: '/version' }));
  await ground.apiServer.start();
  const began = performance.now();
  const first = sightOfWrite(await ask(scene, { path: '/version' }));
  return {
    saw: { 'requests meanwhile': meanwhile, 'first request after': first },
    counts: { 'watches that saw their end within 2 s': [ended, WATCHES] },
    ms: { 'first answer after': performance.now() - began },
  };
}

/** etcd stands still; the API server says so. */
export async function etcdStopped(scene: Scene): Promise<Finding> {
  const { ground, clientWire } = scene;
  const watches = await watchesOf(clientWire.port, WATCHES);
  process.kill(ground.etcd.pid, 'SIGSTOP');
  let list: string;
  let create: string;
  try {
    [list, create] = await Promise.all([
      comparison(scene, 'GET'),
      comparison(scene, 'POST', { metadata: { name: newID() } }),
    ]);
  } finally {
    process.kill(ground.etcd.pid, 'SIGCONT');
  }
  const revision = await eventualChange(scene);
  const isTold = (received: string): boolean => received.includes(`"${revision}"`);
  await eventually(() => watches.every(({ received }) => isTold(received)));
  const stayed = watches.filter(({ state, received }) => state === 'open' && isTold(received));
  for (const watch of watches) watch.stop();
  return {
    saw: { list, create, 'next request': sightOfWrite(await ask(scene)) },
    counts: { 'watches that stayed': [stayed.length, WATCHES] },
  };
}

/** Whether what a client is told through the proxy is what it is told without. */
async function comparison(scene: Scene, method: string, body?: object): Promise<string> {
  const rest = body === undefined ? {} : { body };
  const own = async (): Promise<string> =>
    `${await scene.ground.direct.ask(method, MAPS, body).then(String, String)}`;
  const through = async (): Promise<string> => {
    const { status, body } = await ask(scene, { method, ...rest });
    return `Error: ${method} ${MAPS}: ${status} ${body}`;
  };
  let told = '';
  for (let tries = 0; tries < TRIES; tries++) {
    const [right, passed] = await Promise.all([own(), through()]);
    if (passed === right) return 'passed as it is';
    told = `told otherwise (${/: (\d+) /.exec(passed)?.[1]})`;
    if (!HUNG_UP.test(right) && !HUNG_UP.test(passed) && !/: 50[02] /.test(passed)) break;
  }
  return told;
}

/** A change that is answered, once etcd goes on. */
async function eventualChange({ ground }: Scene): Promise<number> {
  const limit = performance.now() + 2 * PATIENCE_MS;
  for (;;) {
    try {
      return await change(ground);
    } catch (error) {
      if (performance.now() > limit) throw error;
      await sleep(100);
    }
  }
}

function watchesOf(port: number, count: number) {
  const path = `${MAPS}?watch=1&resourceVersion=0`;
  return Promise.all(Array.from({ length: count }, () => startWatch(port, path)));
}
