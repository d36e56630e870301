import { expect, it } from 'vitest';
import { request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';
import { openDoor } from './door.ts';

const MIB = 1024 * 1024;
const PIECE = Buffer.alloc(256 * 1024, 'x');
const UPLOAD = 512 * MIB;
/** Of all that this process holds: both ends of both connections, and what the collector has not seen yet. */
const BOUND = 160 * MIB;

it('R06 an upload is sent on as it comes, and held by nobody', async () => {
  let arrived = 0;
  const door = await openDoor(
    (head, { socket, bytes }) => {
      if (head.startsWith('GET')) return OK;
      arrived = bytes.length - head.length;
      // From here on it is counted, and not kept.
      socket.removeAllListeners('data');
      socket.on('data', (bytes: Buffer) => {
        arrived += bytes.length;
        if (arrived >= UPLOAD) socket.write(OK.replace('\r\n', '\r\nConnection: close\r\n'));
      });
      return undefined;
    },
    { recording: 'everything' },
  );
  const client = await door.connect();
  client.send(
    request('POST /api/v1/namespaces/a/configmaps', {
      headers: `Content-Type: application/json\r\nContent-Length: ${UPLOAD}\r\n`,
    }),
  );
  const before = held();
  let most = 0;
  for (let sent = 0; sent < UPLOAD; sent += PIECE.length) {
    await new Promise((resolve) => client.socket.write(PIECE, resolve));
    most = Math.max(most, held() - before);
  }
  await client.untilText('ok');
  expect(arrived).toBe(UPLOAD);
  expect(most).toBeLessThan(BOUND);
  const [record] = await door.proxy.recorded(1);
  expect(record).toMatchObject({ bytesIn: UPLOAD, outcome: 'ok' });
});

function held(): number {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}
