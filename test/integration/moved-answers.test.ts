import { expect, it } from 'vitest';
import { startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';

const answer = (auditID: string): string =>
  `HTTP/1.1 200 OK\r\nAudit-Id: ${auditID}\r\nContent-Length: ${auditID.length}\r\n\r\n${auditID}`;
const get = (auditID: string): string =>
  request('GET /api/v1/secrets', { headers: `Audit-ID: ${auditID}\r\n` });

it('D15 gives nobody the answer to the request before, once answers have moved', async () => {
  const ids = ['first', 'second', 'third'];
  // The second request gets the first one's answer once more, as after an unasked answer that came unseen.
  const answers = [answer('first'), answer('first'), answer('third')];
  const { connect, proxy, upstream } = await startPair(() => answers.shift());
  const client = await connect();
  for (const id of ids) {
    client.send(get(id));
    await proxy.recorded(3 - answers.length);
  }
  await client.until(() => client.statuses.length === 3);
  expect(client.statuses).toEqual([200, 502, 200]);
  expect(client.received).toContain('the API server answered an earlier request');
  expect(client.received.match(/first$/gm)).toHaveLength(1);
  expect(upstream.connections).toHaveLength(2);
});

it('takes an answer with the same Audit-ID twice from a client that sends it twice', async () => {
  const { connect, proxy } = await startPair(() => answer('same'));
  const client = await connect();
  client.send(get('same'));
  await proxy.recorded(1);
  client.send(get('same'));
  await client.until(() => client.statuses.length === 2);
  expect(client.statuses).toEqual([200, 200]);
});
