// 3.1, H10: a name is judged the same way whatever is asked for, and wherever we listen.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import type { ProxyOptions } from '../../src/proxy.ts';
import { ask } from '../support/differential/ask.ts';
import { answerByPath } from '../support/differential/policy-answers.ts';
import { hosts } from '../support/differential/policy-hosts.ts';
import { makeFolder } from '../support/www.ts';
import { type DoorOptions, openDoor } from './door.ts';
import { isRefused } from './policy.ts';

/** Of the table of hosts, those that ask for the pods, without upgrading. */
const rows = hosts.filter(({ id }) => !id.startsWith('H10'));

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
const PAGE = 'http://page.example';
const PREFLIGHT = `Origin: ${PAGE}\r\nAccess-Control-Request-Method: DELETE\r\n`;

const authority = mintAuthority({ commonName: 'door' });
const tls = authority.issueServer();
const trusting = { tls: { ca: authority.pem } };

/** What is asked for, and where. */
interface Place {
  readonly of: string;
  /** Our answer to a host that is ours; `forwarded` where it is the upstream's. */
  readonly answer: number | 'forwarded';
  /** Beside what is usual. */
  readonly proxy?: () => Partial<ProxyOptions>;
  readonly door?: DoorOptions;
  /** In place of the path of the pods. */
  readonly path?: string;
  /** In place of GET. */
  readonly method?: string;
  /** Field lines beside the host's. */
  readonly fields?: string;
}

const api = { proxy: () => ({ apiPrefix: '/k8s/' }), door: { last: { status: 404 } } };
const files = {
  proxy: () => ({
    www: { directory: makeFolder({ 'a.txt': 'a' }), prefix: '/s/', listings: false },
  }),
};
const locked = { proxy: () => ({ token: '0123456789abcdef' }), door: { last: { status: 401 } } };
const onSocket = () => ({ unixSocket: join(makeFolder({}), 'sock') });

const PLACES: readonly Place[] = [
  { of: 'the API', answer: 'forwarded' },
  { of: 'an upgrade', answer: 'forwarded', fields: UPGRADE },
  { of: 'a file of --www', answer: 200, path: '/s/a.txt', ...files },
  { of: 'a file that is not there', answer: 404, path: '/s/b.txt', ...files },
  { of: 'a redirection', answer: 301, path: '/k8s', ...api },
  { of: 'what nobody serves', answer: 404, ...api },
  { of: 'the API without our token', answer: 401, ...locked },
  { of: 'the login', answer: 401, path: '/-/porthole/login?token=x', ...locked },
  {
    of: 'a preflight of --allow-origin',
    answer: 204,
    method: 'OPTIONS',
    fields: PREFLIGHT,
    proxy: () => ({ allowOrigins: [PAGE] }),
  },
  { of: 'a unix socket', answer: 'forwarded', proxy: onSocket },
  { of: 'https', answer: 'forwarded', proxy: () => ({ tls }), door: trusting },
  {
    of: 'https on a unix socket',
    answer: 'forwarded',
    proxy: () => ({ tls, ...onSocket() }),
    door: trusting,
  },
];

/** A row's bytes, asking for what a place has. */
function askingFor({ path = '/api/v1/pods', method = 'GET', fields = '' }: Place, bytes: string) {
  return bytes
    .replace(/^GET/, method)
    .replace('/api/v1/pods', path)
    .replace('\r\n\r\n', `\r\n${fields}\r\n`);
}

it.each(PLACES.map((place) => [place.of, place] as const))(
  'H10 every host, asking for %s',
  async (_, place) => {
    const door = await openDoor(answerByPath, { ...place.door, proxy: place.proxy?.() ?? {} });
    let forwarded = 0;
    for (const { id, request, porthole } of rows) {
      const bytes = askingFor(place, request);
      const before = door.upstream.requests;
      const reaction = await ask(door.connect, bytes, door.upstream);
      expect(reaction.outcome, id).toBe(porthole === 'forwarded' ? place.answer : porthole);
      if (reaction.outcome === 'forwarded') forwarded++;
      expect(door.upstream.requests - before, id).toBe(reaction.outcome === 'forwarded' ? 1 : 0);
      if (porthole !== 'forwarded') isRefused(door, reaction);
    }
    expect(forwarded).toBe(place.answer === 'forwarded' ? 8 : 0);
  },
);
