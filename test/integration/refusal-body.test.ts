import { describe, expect, it } from 'vitest';
import { startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';

const ACCEPT =
  'Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json\r\n';
const CLOSE = 'Connection: close\r\n';

describe('a refusal', () => {
  it('is a Status, whose message clients show', async () => {
    const { ask, proxy } = await startPair();
    const answer = await ask(request('TRACE /api', { headers: CLOSE }));
    const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
    expect(proxy.records).toMatchObject([
      { outcome: 'refused', status: 405, bytesOut: body.length },
    ]);
    expect(answer).toContain('\r\nContent-Type: application/json\r\n');
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      message: expect.stringMatching(/^porthole: The method "TRACE" /),
      reason: 'MethodNotAllowed',
      code: 405,
    });
  });

  it('of discovery is a text, since kubectl shows "unknown" of a Status there', async () => {
    const { ask } = await startPair();
    const answer = await ask(request('TRACE /api', { headers: ACCEPT + CLOSE }));
    expect(answer).toContain('\r\nContent-Type: text/plain; charset=utf-8\r\n');
    expect(answer).toMatch(/\r\n\r\nporthole: The method "TRACE" .*\n$/);
  });
});
