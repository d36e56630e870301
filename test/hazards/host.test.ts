import { expect, it } from 'vitest';
import { request } from '../support/raw-client.ts';
import { openDoor } from './door.ts';

it.each(['evil.example', 'localhost.evil.com', '127a0b0c1', 'evillocalhost:8001'])(
  'H01 %s',
  async (host) => {
    const { ask, upstream } = await openDoor();
    expect(await ask(request('GET /api', { host, headers: 'Connection: close\r\n' }))).toMatch(
      /^HTTP\/1\.1 403 /,
    );
    expect(upstream.bytes).toBe('');
  },
);
