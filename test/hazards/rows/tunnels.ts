import type { Area } from '../area.ts';

export const area: Area = {
  section: '3.6',
  name: 'Upgrades and tunnels',
  rows: [
    {
      id: 'U01',
      priority: 'P0',
      words: 'POST …/exec Upgrade: SPDY/3.1 (filter relaxed)',
      held: 'here',
    },
    {
      id: 'U02',
      priority: 'P0',
      words: 'GET WebSocket exec and port-forward with the sub-protocol list the client offers',
      held: 'here',
    },
    { id: 'U03', priority: 'P0', words: 'upstream 403/404/500 with body', held: 'here' },
    { id: 'U04', priority: 'P0', words: 'upstream 200/300/302/307 to an Upgrade', held: 'here' },
    { id: 'U05', priority: 'P0', words: '101 with another or missing Upgrade value', held: 'here' },
    { id: 'U06', priority: 'P0', words: '101 to a request that asked for none', held: 'here' },
    { id: 'U07', priority: 'P0', words: 'Upgrade: h2c, TLS/1.0, foo', held: 'here' },
    {
      id: 'U08',
      priority: 'P0',
      words: 'Connection: upgrade without Upgrade; Upgrade without Connection',
      held: 'here',
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
      held: 'here',
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
