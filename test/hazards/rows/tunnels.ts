import type { Area } from '../area.ts';

export const area: Area = {
  section: '3.6',
  name: 'Upgrades and tunnels',
  rows: [
    {
      id: 'U01',
      priority: 'P0',
      words: 'POST …/exec Upgrade: SPDY/3.1 (filter relaxed)',
      held: [
        {
          file: 'test/integration/upgrade.test.ts',
          title: 'of %s passes with its fields, then bytes both ways',
        },
        {
          file: 'test/e2e/clients-kubectl-streams.test.ts',
          title: 'passes stdin on, megabytes of it, and its end',
        },
      ],
    },
    {
      id: 'U02',
      priority: 'P0',
      words: 'GET WebSocket exec and port-forward with the sub-protocol list the client offers',
      held: [
        {
          file: 'test/integration/upgrade.test.ts',
          title: 'carries a real WebSocket, sub-protocol and all',
        },
        {
          file: 'test/e2e/clients-kubectl-streams.test.ts',
          title: 'port-forward: HTTP requests reach the port of the pod',
        },
      ],
    },
    {
      id: 'U03',
      priority: 'P0',
      words: 'upstream 403/404/500 with body',
      held: [
        {
          file: 'test/integration/upgrade-refused.test.ts',
          title: 'with %s, has its answer whole, then the end',
        },
        {
          file: 'test/integration/upgrade-refused.test.ts',
          title: 'never has what follows it read as a request',
        },
      ],
    },
    { id: 'U04', priority: 'P0', words: 'upstream 200/300/302/307 to an Upgrade', held: 'here' },
    { id: 'U05', priority: 'P0', words: '101 with another or missing Upgrade value', held: 'here' },
    {
      id: 'U06',
      priority: 'P0',
      words: '101 to a request that asked for none',
      held: {
        file: 'test/integration/upgrade-refused.test.ts',
        title: '101 to a request that asked for none: 502',
      },
    },
    {
      id: 'U07',
      priority: 'P0',
      words: 'Upgrade: h2c, TLS/1.0, foo',
      held: [
        { file: 'test/integration/upgrade-refused.test.ts', title: '%s, is a plain request' },
        {
          file: 'test/integration/upgrade-refused.test.ts',
          title: 'may be answered plainly, when its protocol is not one of streams',
        },
      ],
      differs:
        'HTTP and TLS are plain requests; any other protocol is the API server’s to take or to leave, as behind kubectl proxy',
    },
    {
      id: 'U08',
      priority: 'P0',
      words: 'Connection: upgrade without Upgrade; Upgrade without Connection',
      held: { file: 'test/integration/upgrade-refused.test.ts', title: '%s, is a plain request' },
    },
    {
      id: 'U09',
      priority: 'P0',
      words: 'filter, Host, Origin, header policy, credential injection, audit on Upgrade',
      held: 'here',
    },
    {
      id: 'U10',
      priority: 'P0',
      words: 'early bytes in the same segment after the request head',
      held: 'here',
    },
    { id: 'U11', priority: 'P0', words: 'Upgrade with CL>0 or TE body', held: 'here' },
    {
      id: 'U12',
      priority: 'P0',
      words: 'upstream FIN ⇒ client; client FIN ⇒ upstream; upstream sends 200 ms after client FIN',
      held: [
        {
          file: 'test/integration/tunnel-ends.test.ts',
          title: 'passes on the end of the client, and what upstream sends after it',
        },
        {
          file: 'test/integration/tunnel-ends.test.ts',
          title: 'passes on the end of upstream, and what the client sends after it',
        },
      ],
    },
    {
      id: 'U13',
      priority: 'P0',
      words: 'client RST / upstream RST / kill -9 upstream',
      held: 'here',
    },
    { id: 'U14', priority: 'P0', words: 'slow reader on one side, 2 GB pushed', held: 'here' },
    {
      id: 'U15',
      priority: 'P1',
      words: 'idle tunnel 1 h (fake timers / shortened), then data',
      held: 'here',
    },
    {
      id: 'U16',
      priority: 'P1',
      words: 'TCP keepalive set on both legs; dead peer (netns link down)',
      held: 'here',
    },
    {
      id: 'U17',
      priority: 'P1',
      words: 'binary fidelity: 256 MB random both directions, SHA-256 equal; 1-byte writes latency',
      held: 'here',
    },
    { id: 'U18', priority: 'P1', words: '500 concurrent tunnels', held: 'here' },
    {
      id: 'U19',
      priority: 'P1',
      words: 'error reply to Upgrade keeps ≤ 10 s deadline',
      held: 'here',
    },
  ],
};
