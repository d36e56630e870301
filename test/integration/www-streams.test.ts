import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import { makeFolder, startWww } from '../support/www.ts';

const MIB = 1 << 20;
/** Of the kernel's buffers and ours, for one client that does not read. */
const BOUND = 16 * MIB;
const GET_BIG = request('GET /static/big');

/** A folder with `big`, a file of zeros that takes no room on the disk. */
function makeBig(bytes: number): string {
  const folder = makeFolder({ big: '' });
  truncateSync(join(folder, 'big'), bytes);
  return folder;
}

/** Files and sockets that this process has open. */
function openDescriptors(): number {
  return readdirSync('/dev/fd').length;
}

describe('a file that is larger than all buffers', () => {
  it('arrives whole, byte for byte', async () => {
    const lines = Array.from({ length: 1_000_000 }, (_, i) => i).join('\n');
    const { get, proxy } = await startWww(makeFolder({ 'lines.txt': lines }));
    const { body } = await get('/lines.txt');
    expect(body === lines).toBe(true);
    expect((await proxy.recorded(1))[0]).toMatchObject({ outcome: 'ok', bytesOut: lines.length });
  });

  it('K14 is read no faster than its client reads', async () => {
    const { connect, proxy } = await startWww(makeBig(256 * MIB));
    const slow = await connect();
    await slow.send(GET_BIG).untilText('\r\n\r\n');
    slow.socket.pause();
    const quick = await connect();
    let received = 0;
    quick.socket.removeAllListeners('data');
    quick.socket.on('data', (bytes: Buffer) => {
      received += bytes.length;
    });
    // While all of it went to one client, the other could have been sent as much.
    quick.send(GET_BIG);
    await eventually('the quick one has it all', () => received > 256 * MIB);
    slow.socket.resetAndDestroy();
    const records = await proxy.recorded(2);
    expect(records[0]).toMatchObject({ outcome: 'ok', bytesOut: 256 * MIB });
    expect(records[1]).toMatchObject({ status: 200, outcome: 'client-gone' });
    expect(records[1]?.bytesOut).toBeLessThan(BOUND);
  });

  it('K14 that shrinks while it is sent ends in a cut that shows', async () => {
    const folder = makeBig(64 * MIB);
    const { connect, proxy } = await startWww(folder);
    const client = await connect();
    await client.send(GET_BIG).untilText('\r\n\r\n');
    client.socket.pause();
    truncateSync(join(folder, 'big'), 0);
    client.socket.resume();
    await client.untilEnd();
    expect(client.received).toContain(`\r\nContent-Length: ${64 * MIB}\r\n`);
    expect(client.received.length).toBeLessThan(64 * MIB);
    const [record] = await proxy.recorded(1);
    expect(record).toMatchObject({
      status: 200,
      outcome: 'upstream-aborted',
      errorCode: 'ERR_FILE_ABORTED',
    });
  });
});

describe('no file stays open', () => {
  it('of 100 downloads that were aborted', async () => {
    const { connect, proxy } = await startWww(makeBig(64 * MIB));
    const before = openDescriptors();
    const clients = await Promise.all(Array.from({ length: 100 }, connect));
    await Promise.all(clients.map((client) => client.send(GET_BIG).untilText('\r\n\r\n')));
    for (const client of clients) client.socket.pause();
    clients.forEach((client, i) => {
      if (i % 2 === 0) client.close();
      else client.socket.resetAndDestroy();
    });
    const records = await proxy.recorded(100);
    expect(new Set(records.map(({ outcome }) => outcome))).toEqual(new Set(['client-gone']));
    await eventually('all are closed', () => openDescriptors() <= before);
  });

  it('of one that was under way when porthole was stopped', async () => {
    const { connect, proxy } = await startWww(makeBig(64 * MIB));
    const before = openDescriptors();
    const client = await connect();
    await client.send(GET_BIG).untilText('\r\n\r\n');
    client.socket.pause();
    await proxy.close(0);
    expect(proxy.records[0]?.outcome).toBe('stopped');
    client.close();
    await eventually('all are closed', () => openDescriptors() <= before);
  });

  it.each([
    ['a whole answer', '/f', ''],
    ['a redirect', '/f/', ''],
    ['a part', '/f', 'Range: bytes=0-0\r\n'],
    ['a part that is not there', '/f', 'Range: bytes=9-\r\n'],
    ['an answer that nothing has changed', '/f', 'If-None-Match: *\r\n'],
    ['a condition that does not hold', '/f', 'If-Match: "x"\r\n'],
  ])('after %s, to GET or to HEAD', async (_, path, headers) => {
    const { connect } = await startWww(makeFolder({ f: '123' }));
    const client = await connect();
    const before = openDescriptors();
    for (const method of ['GET', 'HEAD']) {
      client.send(request(`${method} /static${path}`, { headers }).repeat(20));
    }
    await client.until(() => client.statuses.length === 40);
    await eventually('all are closed', () => openDescriptors() <= before);
  });
});
