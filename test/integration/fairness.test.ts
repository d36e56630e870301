import { expect, it } from 'vitest';
import { startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';

const REFUSED = 20_000;

it('serves a client while another one’s flood of refused requests is answered', async () => {
  const { connect, proxy } = await startPair();
  const flood = await connect();
  const other = await connect();
  flood.send(request('TRACE /').repeat(REFUSED));
  other.send(request('TRACE /'));
  await other.untilText('"code":405');
  // Two rows of 64 come before the other's turn; a flood that is answered as it is read would be thousands ahead.
  expect(proxy.records.length).toBeLessThan(1_000);
  await proxy.recorded(REFUSED + 1);
  await flood.until(() => flood.statuses.length === REFUSED);
});
