import type { Script, SeenConnection } from '../support/recording-upstream.ts';
import { switchTo, upgradeTo } from '../support/tunnel.ts';
import { type DoorOptions, openDoor } from './door.ts';

/** Agrees to every upgrade. */
export const consent: Script = () => switchTo('SPDY/3.1');

/** A door with one open tunnel: `client` at one end and `far` at the other. */
export async function openTunnel(options: DoorOptions = {}) {
  const door = await openDoor(consent, options);
  const client = await door.connect();
  await client.send(upgradeTo('SPDY/3.1')).untilText('\r\n\r\n');
  return { ...door, client, far: door.upstream.connections[0] as SeenConnection };
}
