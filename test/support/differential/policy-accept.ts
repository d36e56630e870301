// What kubectl's own TestAccept, TestRegexpMatch and TestExtractHost ask of the filter, as requests; rows F17 to F20.
import { request } from '../raw-client.ts';
import { differs, get, type Outcome, type PolicyRow, same, withHost } from './policy-row.ts';

const POD = '/api/v1/namespaces/default/pods/somepod';

/** By default. An empty path, the first row of TestAccept, can not be sent: a request has at least a slash. */
export const accept: readonly PolicyRow[] = [
  accepts('1', 'GET', '/', '127.0.0.1', 'forwarded'),
  accepts('2', 'GET', '/api/v1/pods', '127.0.0.1', 'forwarded'),
  accepts('3', 'GET', '/api/v1/pods', 'localhost', 'forwarded'),
  accepts('4', 'GET', '/api/v1/namespaces/default/pods/foo', 'localhost', 'forwarded'),
  accepts('5', 'GET', '/api/v1/namespaces/default/pods/attachfoo', 'localhost', 'forwarded'),
  accepts('7', 'GET', '/api/v1/namespaces/default/pods/execfoo', 'localhost', 'forwarded'),
  accepts('8', 'GET', '/api/v1/namespaces/default/pods/foo/exec', '127.0.0.1', 403),
  accepts('9', 'GET', '/api/v1/namespaces/default/pods/foo/attach', '127.0.0.1', 403),
  accepts('10', 'GET', '/api/v1/pods', 'evil.com', 403),
  accepts('11', 'GET', '/api/v1/pods', 'localhost.evil.com', 403),
  accepts('12', 'GET', '/api/v1/pods', '127a0b0c1', 403),
  accepts('13', 'GET', '/ui', 'localhost', 'forwarded'),
  accepts('14', 'POST', '/api/v1/pods', 'localhost', 'forwarded'),
  accepts('15', 'PUT', POD, 'localhost', 'forwarded'),
  accepts('16', 'PATCH', POD, 'localhost', 'forwarded'),
  accepts('23', 'POST', `${POD}/exec`, 'localhost', 403),
  same('TestExtractHost 1', withHost('localhost:8085'), 'forwarded'),
  same('TestExtractHost 2', withHost('marmalade'), 403),
];

/** `--reject-methods=GET`, and the like, and what else such a flag does. */
export const withoutGet: readonly PolicyRow[] = [
  accepts('17', 'GET', '/api/v1/pods', '127.0.0.1', 403),
  accepts('17, HEAD', 'HEAD', '/api/v1/pods', '127.0.0.1', 'forwarded'),
];
export const withoutPost: readonly PolicyRow[] = [
  accepts('18', 'POST', '/api/v1/pods', 'localhost', 403),
  same(
    'F17 X-HTTP-Method-Override',
    get('/api/v1/pods', 'X-HTTP-Method-Override: POST\r\n'),
    'forwarded',
    {
      why: 'headers-that-speak-for-a-proxy',
      only: { kubectl: ['> x-http-method-override: POST'] },
    },
  ),
];
export const withoutPut: readonly PolicyRow[] = [accepts('19', 'PUT', POD, 'localhost', 403)];
export const withoutPatch: readonly PolicyRow[] = [accepts('20', 'PATCH', POD, 'localhost', 403)];
export const withoutWrites: readonly PolicyRow[] = [
  accepts('21', 'PATCH', POD, 'localhost', 403),
  accepts('22', 'PUT', POD, 'localhost', 403),
  ...(['GET', 'HEAD', 'OPTIONS', 'DELETE'] as const).map((method) =>
    accepts(`F17, ${method}`, method, POD, 'localhost', 'forwarded'),
  ),
  accepts('F17, POST', 'POST', POD, 'localhost', 403),
];

/** `--reject-paths=`. */
export const withoutRejects: readonly PolicyRow[] = [
  accepts('24', 'POST', `${POD}/exec`, 'localhost', 'forwarded'),
];

/** `--accept-paths=bar,.*` and `--accept-paths=bar,fo.*`. */
export const barOrAll: readonly PolicyRow[] = [same('TestRegexpMatch 1', get('/foo'), 'forwarded')];
export const barOrFo: readonly PolicyRow[] = [
  same('TestRegexpMatch 2', get('/foo'), 'forwarded'),
  same('TestRegexpMatch 3', get('/bar'), 'forwarded'),
  same('TestRegexpMatch 4', get('/baz'), 403),
  same('F10 the query counts for nothing', get('/baz?/foo'), 403),
];

export const RE2_PATTERNS = [
  '(?i)/CASE$',
  String.raw`\A/start\z`,
  String.raw`\Q/a.b/\E`,
  '^/[[:alpha:]]+1$',
  '(?P<n>named)2',
  '(?s)/x.y$',
  String.raw`\pL{9}3`,
  '^/(a+)+$',
];

/** `--reject-paths` with `RE2_PATTERNS`: F18 to F20. */
export const re2: readonly PolicyRow[] = [
  same('F19 (?i)', get('/1/cAsE'), 403),
  same('F19 (?i), longer', get('/1/cAsEs'), 'forwarded'),
  same(String.raw`F19 \A and \z`, get('/start'), 403),
  same(String.raw`F19 \A and \z, longer`, get('/1/start'), 'forwarded'),
  same(String.raw`F19 \Q and \E`, get('/1/a.b/1'), 403),
  same(String.raw`F19 \Q and \E, another letter`, get('/1/a-b/1'), 'forwarded'),
  same('F19 [[:alpha:]]', get('/abc1'), 403),
  same('F19 [[:alpha:]], a digit', get('/a2c1'), 'forwarded'),
  same('F19 (?P<n>)', get('/1/named2'), 403),
  same('F19 (?s)', get('/1/x-y'), 403),
  same(String.raw`F19 \pL`, get('/1/%C3%A4bcdefgh%C3%B63'), 403),
  same(String.raw`F19 \pL, a digit`, get('/1/%C3%A4bcd5fgh%C3%B63'), 'forwarded'),
  same('F20 nested quantifiers', get(`/${'a'.repeat(8_000)}!`), 'forwarded'),
  same('F20 nested quantifiers, matching', get(`/${'a'.repeat(8_000)}`), 403),
];

/** `--reject-paths=^/a{1,2}$,[x,y]9`. */
export const commas: readonly PolicyRow[] = [
  differs('F18 a comma in braces', get('/aa'), { kubectl: 'forwarded', porthole: 403 }, 'patterns'),
  same('F18 a comma in braces, no match', get('/aaa'), 'forwarded'),
];

/** `--disable-filter`. */
export const unfiltered: readonly PolicyRow[] = [
  same('exec', get(`${POD}/exec`), 'forwarded'),
  same('another host', withHost('evil.example'), 'forwarded'),
  differs('two slashes', get('//api/v1/pods'), { kubectl: 301, porthole: 'forwarded' }, 'paths'),
  differs(
    'a host that is none',
    withHost('localhost:evil'),
    { kubectl: 'forwarded', porthole: 400 },
    'malformed-requests',
  ),
  differs(
    'another method',
    request('FOO /api/v1/pods'),
    { kubectl: 'forwarded', porthole: 405 },
    'methods',
  ),
  differs(
    'a page of another site',
    get('/api/v1/pods', 'Sec-Fetch-Site: cross-site\r\n'),
    { kubectl: 'forwarded', porthole: 403 },
    'cross-site-requests',
  ),
];

/** `--as=readonly`. */
export const impersonating: readonly PolicyRow[] = [
  same('D07 the client does not impersonate', get('/api/v1/pods'), 'forwarded'),
  ...['User: admin', 'Group: system:masters', 'Uid: 0', 'Extra-Scopes: view'].map((field) =>
    differs(
      `D07 the client sends Impersonate-${field}`,
      get('/api/v1/pods', `Impersonate-${field}\r\n`),
      { kubectl: 'forwarded', porthole: 403 },
      'impersonation',
    ),
  ),
];

/** `--token=ours`. */
export const withToken: readonly PolicyRow[] = [
  same('D05 the token', get('/api/v1/pods'), 'forwarded'),
  same(
    'D05 the client has its own',
    get('/api/v1/pods', 'Authorization: Bearer C\r\n'),
    'forwarded',
  ),
  same(
    'D01 Connection names Authorization',
    get('/api/v1/pods', 'Connection: authorization\r\nAuthorization: Bearer C\r\n'),
    'forwarded',
  ),
];

function accepts(id: string, method: string, path: string, host: string, outcome: Outcome) {
  const headers = /^P/.test(method) ? 'Content-Length: 0\r\n' : '';
  return same(`TestAccept ${id}`, request(`${method} ${path}`, { host, headers }), outcome);
}
