// Where a row is played: what the API server has beforehand, and how a client asks through the wires.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentFor, type Heard, hear, type Sending } from '../consistency/asking.ts';
import type { Ground } from '../consistency/ground.ts';
import type { Afloat } from '../consistency/hurt-proxy.ts';
import type { FaultProxy } from '../fault-proxy.ts';
import type { Fault } from '../faults.ts';

export interface Scene extends Afloat {
  readonly ground: Ground;
}

/** Longer than anybody should wait for what is wrong to show. */
export const PATIENCE_MS = 15_000;
/** Behind the handshake of a connection, and within the list, the body and the events of a row. */
export const AT = { answer: 60_000, body: 60_000, watch: 10_000 };

const NAMESPACE = 'faults';
const LARGE = 'faults-large';
export const MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
/** More than what lies between a proxy and a reader that reads nothing. */
export const LARGE_MAPS = `/api/v1/namespaces/${LARGE}/configmaps`;
export const CREATED = 'faults-created';
const SMALL = { count: 40, bytes: 5_000 };
const BIG = { count: 16, bytes: 1_000_000 };

let count = 0;

/** Of the requests of this process. */
export function newID(): string {
  return `faults-${process.pid}-${count++}`;
}

/** That no compression makes short: a wire strikes at a byte. */
export function text(bytes: number): string {
  return randomBytes(Math.ceil((bytes * 3) / 4))
    .toString('base64')
    .slice(0, bytes);
}

export async function furnish({ direct }: Ground): Promise<void> {
  for (const name of [NAMESPACE, LARGE, CREATED])
    await direct.ask('POST', '/api/v1/namespaces', { metadata: { name } });
  for (const { path, count, bytes } of [
    { path: MAPS, ...SMALL },
    { path: LARGE_MAPS, ...BIG },
  ])
    for (let nth = 0; nth < count; nth++)
      await direct.ask('POST', path, {
        metadata: { name: `map-${nth}` },
        data: { text: text(bytes) },
      });
}

/** An event for whoever watches; the revision of it. */
export async function change({ direct }: Ground, name = 'map-0'): Promise<number> {
  const map = { metadata: { name }, data: { text: text(SMALL.bytes) } };
  const put = JSON.parse(await direct.ask('PUT', `${MAPS}/${name}`, map)) as {
    readonly metadata: { readonly resourceVersion: string };
  };
  return Number(put.metadata.resourceVersion);
}

/** A request by a client of its own, unless an agent is given. */
export async function ask(scene: Scene, sending: Partial<Sending> = {}): Promise<Heard> {
  const door = { port: scene.clientWire.port };
  const agent = sending.agent ?? agentFor(door);
  // Either proxy asks for the same bytes then: Go asks for compressed ones where the client says nothing.
  const headers = { 'accept-encoding': 'identity' };
  const fixed = { door, agent, headers, auditID: newID(), leaveAfterMs: PATIENCE_MS };
  const heard = await hear({ method: 'GET', path: MAPS, ...fixed, ...sending });
  if (sending.agent === undefined) agent.destroy();
  return heard;
}

export type Side = 'upstream' | 'client';

/** The wire of a side, that strikes once; nothing else was on its way when the fault was set. */
export async function hurt(scene: Scene, side: Side, fault: Fault): Promise<FaultProxy> {
  await quiet(scene);
  const wire = side === 'upstream' ? scene.upstreamWire : scene.clientWire;
  wire.hurtFirst(fault);
  return wire;
}

/** Nothing has passed either wire for some time. */
async function quiet({ upstreamWire, clientWire }: Scene): Promise<void> {
  const pieces = (): number => upstreamWire.pieces + clientWire.pieces;
  for (let before = -1; before !== pieces(); ) {
    before = pieces();
    await sleep(150);
  }
}

/** Whether it was so within the time. */
export async function eventually(reached: () => boolean, limitMs = PATIENCE_MS): Promise<boolean> {
  const limit = performance.now() + limitMs;
  while (!reached()) {
    if (performance.now() > limit) return false;
    await sleep(10);
  }
  return true;
}
