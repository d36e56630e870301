import type { Area } from '../area.ts';

export const area: Area = {
  section: '3.2',
  name: 'Cross-site requests',
  rows: [
    {
      id: 'X01',
      priority: 'P0',
      words: 'POST JSON body, no Content-Type, Origin evil, Sec-Fetch-Site: cross-site',
      held: 'here',
    },
    {
      id: 'X02',
      priority: 'P0',
      words: 'same with text/plain, form-urlencoded, multipart',
      held: 'here',
    },
    {
      id: 'X03',
      priority: 'P0',
      words: 'GET with Sec-Fetch-Site: cross-site, no Origin, dest image/script/style/iframe',
      held: 'here',
    },
    { id: 'X04', priority: 'P0', words: 'Sec-Fetch-Site: same-site', held: 'here' },
    {
      id: 'X05',
      priority: 'P0',
      words: 'WebSocket Upgrade, Origin: https://evil (no Sec-Fetch)',
      held: 'here',
    },
    {
      id: 'X06',
      priority: 'P0',
      words:
        'Upgrade with Origin: null, Origin absent + Sec-Fetch-Site: cross-site, two Origin lines, Origin: …',
      held: 'here',
    },
    { id: 'X07', priority: 'P0', words: 'Upgrade, no Origin (kubectl)', held: 'here' },
    {
      id: 'X08',
      priority: 'P0',
      words:
        'preflight OPTIONS with Access-Control-Request-Method, also with …-Private-Network / …-Local-Network',
      held: 'here',
    },
    {
      id: 'X09',
      priority: 'P1',
      words: 'upstream reply carries Access-Control-Allow-Origin: *',
      held: 'here',
    },
    {
      id: 'X10',
      priority: 'P1',
      words: 'Origin: http://127.0.0.1:8001 while Host is localhost:8001',
      held: 'here',
    },
    {
      id: 'X11',
      priority: 'P1',
      words: 'top-level navigation typed by the user (none)',
      held: 'here',
    },
    {
      id: 'X12',
      priority: 'P1',
      words: 'a page of another site with every vector in a real browser, against the real binary',
      held: {
        file: 'test/e2e/browser-hostile.test.ts',
        title: 'of $of sends nothing to the API server and reads nothing',
      },
    },
    {
      id: 'X13',
      priority: 'P2',
      words: 'HTML from …/services/x/proxy/',
      held: 'here',
      differs:
        'it passes as the workload sent it: in a sandbox its page would have no origin, and its own requests would be refused; --deny=services/proxy and --read-only refuse it',
    },
    {
      id: 'X14',
      priority: 'P1',
      words: 'the refusals of this table say which flag allows it',
      held: 'here',
    },
  ],
};
