import { expect, it } from 'vitest';
import { harEntry } from '../../../../src/record/har/entry.ts';
import { readRequestHead } from '../../../support/http1.ts';
import { newRecord } from '../record.ts';

const HEAD = 'GET /api HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n';

it('counts no byte of a tunnel as a body, but tells of them', () => {
  const record = Object.assign(newRecord(), { status: 101, bytesIn: 5, bytesOut: 7 });
  record.end('ok', 2000);
  const response = { status: 101, reason: '', fields: '', framing: { kind: 'none' } } as const;
  const entry = harEntry(
    {
      record,
      request: readRequestHead(HEAD),
      response,
      respondedAt: 1500,
      postData: undefined,
      content: undefined,
    },
    { scheme: 'http', recordSecrets: false },
  );
  expect([entry.request.bodySize, entry.response.bodySize]).toEqual([0, 0]);
  expect(entry._porthole).toMatchObject({ bytesIn: 5, bytesOut: 7 });
});
