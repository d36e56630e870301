import type { Area } from '../area.ts';

export const area: Area = {
  section: '3.1',
  name: 'Host filter',
  rows: [
    {
      id: 'H01',
      priority: 'P0',
      words: 'Host: evil.example, localhost.evil.com, 127a0b0c1, evillocalhost:8001',
      held: 'here',
    },
    {
      id: 'H02',
      priority: 'P0',
      words: 'Host: localhost[:p], 127.0.0.1[:p], [::1]:p, [::1]',
      held: 'here',
    },
    { id: 'H03', priority: 'P1', words: 'LOCALHOST:8001', held: 'here' },
    {
      id: 'H04',
      priority: 'P0',
      words: 'localhost., 0.0.0.0:8001, 127.0.0.2, 2130706433, 0x7f.1, 127.1, [::ffff:127.0.0.1]',
      held: 'here',
    },
    {
      id: 'H05',
      priority: 'P0',
      words: 'localhost:evil, localhost:0, localhost:99999, other valid port than ours',
      held: 'here',
      differs:
        'a number that is not our port passes: behind a forwarded port the client names another one; a page of another port is refused for its origin',
    },
    {
      id: 'H06',
      priority: 'P0',
      words: 'localhost@evil.com, localhost/evil, localhost, evil, localhost\\tevil',
      held: 'here',
    },
    { id: 'H07', priority: 'P0', words: 'two Host lines, same or different', held: 'here' },
    {
      id: 'H08',
      priority: 'P0',
      words: 'empty Host; HTTP/1.0 without Host; HTTP/0.9 GET /',
      held: 'here',
    },
    {
      id: 'H09',
      priority: 'P0',
      words: 'absolute-form GET http://evil/… + Host: localhost, and the reverse',
      held: 'here',
    },
    {
      id: 'H10',
      priority: 'P0',
      words:
        'every case above on Upgrade, on /static/, on /healthz-like own endpoints, on unix socket',
      held: 'here',
    },
    {
      id: 'H11',
      priority: 'P1',
      words: 'a real browser whose evil.example leads to 127.0.0.1',
      held: {
        file: 'test/e2e/browser-hostile.test.ts',
        title: 'an address at %s is not, whoever typed it',
      },
    },
    { id: 'H12', priority: 'P1', words: "--address 0.0.0.0 or --accept-hosts '.*'", held: 'here' },
    { id: 'H13', priority: 'P2', words: 'X-Forwarded-Host: localhost + Host: evil', held: 'here' },
  ],
};
