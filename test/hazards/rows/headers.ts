import type { Area } from '../area.ts';

export const area: Area = {
  section: '3.5',
  name: 'Header policy',
  rows: [
    {
      id: 'D01',
      priority: 'P0',
      words: 'Connection: close, X-Foo, authorization + those headers',
      held: 'here',
    },
    {
      id: 'D02',
      priority: 'P0',
      words: 'Connection: host, content-length, transfer-encoding, content-type, cookie, expect',
      held: 'here',
    },
    {
      id: 'D03',
      priority: 'P0',
      words:
        'Keep-Alive, TE: deflate, Proxy-Authorization, Proxy-Connection, Trailer, Upgrade w/o Connection',
      held: 'here',
    },
    {
      id: 'D04',
      priority: 'P0',
      words: 'response Connection: X-Hop + X-Hop, Keep-Alive, Proxy-Authenticate',
      held: 'here',
    },
    {
      id: 'D05',
      priority: 'P0',
      words: 'client Authorization: Bearer CLIENT',
      held: 'here',
      differs:
        'the client’s goes in place of ours, as in kubectl proxy: who brings a credential wants to be that user; never both',
    },
    {
      id: 'D06',
      priority: 'P0',
      words: 'two client Authorization lines; lower/upper case; Proxy-Authorization',
      held: 'here',
    },
    {
      id: 'D07',
      priority: 'P0',
      words:
        'kubeconfig has as: readonly; client sends Impersonate-User: admin (+Group, Uid, Extra-*)',
      held: 'here',
      differs:
        'refused with 403 and not only taken away: the client is told that it acts as somebody else than it asked for',
    },
    {
      id: 'D08',
      priority: 'P0',
      words: 'no as; client sends Impersonate-*',
      held: 'here',
      differs:
        'passed on, as in kubectl proxy: the API server decides whether this user may; the record names whom it acted as',
    },
    {
      id: 'D09',
      priority: 'P0',
      words: 'Impersonate-Group: a + Impersonate-Group: b (when allowed)',
      held: 'here',
    },
    {
      id: 'D10',
      priority: 'P0',
      words:
        'X-Remote-User/Group/Uid/Extra-*, X-Forwarded-For/Host/Proto/Uri, Forwarded, Via, X-Real-IP from client',
      held: 'here',
    },
    {
      id: 'D11',
      priority: 'P0',
      words:
        'Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.<tok>, v4.channel.k8s.io',
      held: 'here',
    },
    {
      id: 'D12',
      priority: 'P0',
      words: 'kubeconfig token / as / header value containing CR, LF, NUL, non-latin1',
      held: 'here',
      differs:
        'names beyond Latin-1 go as UTF-8, as client-go sends them; tokens beyond Latin-1 are refused',
    },
    {
      id: 'D13',
      priority: 'P0',
      words:
        'upstream header or reason phrase with control bytes, status 099, 999, 1xx flood, 20 KB headers',
      held: 'here',
    },
    {
      id: 'D14',
      priority: 'P0',
      words: 'upstream CL+TE, duplicate CL, garbage, HTTP/0.9 body',
      held: 'here',
    },
    {
      id: 'D15',
      priority: 'P0',
      words: 'upstream sends a second unasked response (same segment, +0 ms, +5 ms, +50 ms)',
      held: 'here',
    },
    {
      id: 'D16',
      priority: 'P1',
      words: 'duplicate Set-Cookie, Warning, Vary, mixed-case names',
      held: 'here',
    },
    {
      id: 'D17',
      priority: 'P1',
      words: 'Host upstream = API server host[:port]; SNI = tls-server-name',
      held: 'here',
    },
    {
      id: 'D18',
      priority: 'P1',
      words: '302 from upstream to its own URL / to elsewhere',
      held: 'here',
    },
    {
      id: 'D19',
      priority: 'P1',
      words: 'Accept-Encoding, Content-Encoding gzip, ETag',
      held: 'here',
    },
  ],
};
