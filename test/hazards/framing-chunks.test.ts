import { expect, it } from 'vitest';
import { CHUNK_HAZARDS } from '../support/chunk-hazards.ts';
import { eventually } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import { OK } from '../support/recording-upstream.ts';
import { chunk, END, expectBroken, NEXT, openWide, SEEN_NEXT, seenBy, titled } from './exact.ts';

const CHUNKED = 'Transfer-Encoding: chunked\r\n';

it.each(titled(CHUNK_HAZARDS))('%s', (_hazard, good, wrong) => expectBroken(good, wrong));

it('S03 a body that breaks while its answer is under way cuts the answer', async () => {
  const begun = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n';
  const { connect, upstream, proxy } = await openWide(() => begun);
  const client = await connect();
  await client.send(request('POST /x', { headers: CHUNKED })).untilText('a\r\n');
  await client.send('zz').untilEnd();
  expect(client.received).toBe(begun.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  expect(upstream.completed).toBe(0);
  expect(await proxy.recorded(1)).toMatchObject([{ outcome: 'refused', status: 200 }]);
});

it('S18 an extension of 64 KB never reaches upstream', async () => {
  const { connect, upstream } = await openWide();
  const client = await connect();
  const extension = `5;${'a'.repeat(65_536)}\r\nhello\r\n${END}`;
  await client.send(request('POST /x', { headers: CHUNKED, body: extension })).untilEnd();
  expect(client.statuses).toEqual([400]);
  expect(upstream.completed).toBe(0);
  expect(upstream.bytes.length).toBeLessThan(2048);
});

// A million of them is what the parser's own test has (test/unit/http1/chunked.test.ts): the upstream of these tests is slower.
it('S18 chunks of one byte arrive one by one', async () => {
  const { connect, upstream } = await openWide(
    (head) => (head.startsWith('POST') ? undefined : OK),
    { recording: 'records' },
  );
  const client = await connect();
  const body = chunk('x').repeat(30_000) + END;
  client.send(request('POST /x', { headers: CHUNKED, body }) + NEXT);
  await eventually('the last chunk arrives', () => upstream.completed === 1);
  upstream.connections[0]?.socket.write(OK);
  await client.untilEnd();
  expect(client.statuses).toEqual([200, 200]);
  expect(seenBy(upstream)).toBe(`POST /x HTTP/1.1\r\n${CHUNKED}\r\n${body}${SEEN_NEXT}`);
});
