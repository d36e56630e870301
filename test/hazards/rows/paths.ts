import type { Area } from '../area.ts';

export const area: Area = {
  section: '3.3',
  name: 'Paths and methods',
  rows: [
    { id: 'F01', priority: 'P0', words: '/api/v1/namespaces/d/pods/p/exec, /attach', held: 'here' },
    {
      id: 'F02',
      priority: 'P0',
      words: '…/p/%65xec, …/p%2Fexec, …/p/exec/, …/p/exec;a=b, …/p/exec%00',
      held: 'here',
    },
    { id: 'F03', priority: 'P0', words: '…/p/%2565xec', held: 'here' },
    {
      id: 'F04',
      priority: 'P0',
      words: '//api/…, /api//v1/…, /api/./v1/…, /x/../api/…',
      held: 'here',
      differs:
        'two slashes in a row are judged as they are and as one, and forwarded as they came: they are another path to the API server, and nothing is redirected',
    },
    { id: 'F05', priority: 'P0', words: '/x/%2e%2e/api/v1/…/exec, /..;/, /%2e/', held: 'here' },
    {
      id: 'F06',
      priority: 'P0',
      words: '/api/v1%0a/namespaces/d/pods/p/exec, %0d, %09, %7f, %e2%80%a8 inside',
      held: 'here',
    },
    { id: 'F07', priority: 'P0', words: '/api\\v1\\pods\\p\\exec, %5c', held: 'here' },
    {
      id: 'F08',
      priority: 'P0',
      words: '/api/%zz, lone %, overlong UTF-8 %c0%af, invalid UTF-8',
      held: 'here',
    },
    { id: 'F09', priority: 'P0', words: 'raw #frag in target; %23 in path', held: 'here' },
    {
      id: 'F10',
      priority: 'P0',
      words: '/api/v1/pods?x=/pods/p/exec and accept-paths ^/healthz with /secrets?/healthz',
      held: 'here',
    },
    {
      id: 'F11',
      priority: 'P0',
      words: 'X-Original-URL, X-Rewrite-URL, X-Forwarded-Uri, X-HTTP-Method-Override: DELETE',
      held: 'here',
    },
    { id: 'F12', priority: 'P1', words: '…/p/EXEC, /API/v1/…', held: 'here' },
    { id: 'F13', priority: 'P0', words: 'OPTIONS *', held: 'here' },
    { id: 'F14', priority: 'P0', words: 'CONNECT host:443', held: 'here' },
    { id: 'F15', priority: 'P0', words: 'TRACE', held: 'here' },
    { id: 'F16', priority: 'P1', words: 'FOO, get, 300-byte method', held: 'here' },
    {
      id: 'F17',
      priority: 'P0',
      words:
        "--reject-methods 'POST,PUT,PATCH' with each method, HEAD vs GET, X-HTTP-Method-Override",
      held: 'here',
    },
    {
      id: 'F18',
      priority: 'P0',
      words:
        'reject rule that does not compile, uses look-around, {1,1001}, or a comma inside {1,3}',
      held: 'here',
    },
    {
      id: 'F19',
      priority: 'P0',
      words: 'patterns (?i)/EXEC$, \\A/api\\z, \\Q/api/\\E, [[:alpha:]]+, (?P<n>x), (?s)…, \\pL',
      held: 'here',
    },
    {
      id: 'F20',
      priority: 'P0',
      words: '^/(a+)+$ vs /aaaa…! 8 KB; 100 patterns × 8 KB path',
      held: 'here',
    },
    {
      id: 'F21',
      priority: 'P1',
      words: "any path: porthole's verdict equals the verdict after Go's url.Parse has decoded it",
      held: 'here',
    },
    {
      id: 'F22',
      priority: 'P1',
      words: '--api-prefix=/custom/: /custom/api, /customapi, /custom/%2e%2e/…, /custom//api',
      held: 'here',
    },
    {
      id: 'F23',
      priority: 'P1',
      words:
        'portforward, pods/*/proxy, services/*/proxy, nodes/*/proxy, ephemeralcontainers, serviceaccounts/*/token …',
      held: 'here',
    },
    { id: 'F24', priority: 'P1', words: '8 KB, 64 KB, 1 MB targets', held: 'here' },
  ],
};
