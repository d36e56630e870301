import { startPair } from './pair.ts';
import { request } from './raw-client.ts';
import type { SeenConnection } from './recording-upstream.ts';

/** A path that clients upgrade on and that the default filters let through. */
export const PORT_FORWARD = '/api/v1/namespaces/default/pods/hello/portforward';

/** A request that asks for `protocol`, with more header lines. */
export function upgradeTo(protocol: string, more = ''): string {
  return request(`GET ${PORT_FORWARD}`, {
    headers: `Connection: Upgrade\r\nUpgrade: ${protocol}\r\n${more}`,
  });
}

/** An upstream's consent, with more header lines. */
export function switchTo(protocol: string, more = ''): string {
  return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n${more}\r\n`;
}

/** What came after the head. */
export function tunnelled(bytes: string): string {
  return bytes.slice(bytes.indexOf('\r\n\r\n') + 4);
}

/** A pair with one open tunnel, `client` at one end and `far` at the other. */
export async function startTunnel() {
  const pair = await startPair((_, connection) => {
    connection.halfOpen = true;
    return switchTo('SPDY/3.1');
  });
  const client = await pair.connect();
  await client.send(upgradeTo('SPDY/3.1')).untilText('\r\n\r\n');
  return { ...pair, client, far: pair.upstream.connections[0] as SeenConnection };
}
