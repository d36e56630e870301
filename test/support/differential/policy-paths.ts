// Which paths and methods pass the default filter: rows F01 to F16, F23 and F24 of the table of checks.
import { request } from '../raw-client.ts';
import { differs, get, type PolicyRow, same, withBody } from './policy-row.ts';

const POD = '/api/v1/namespaces/d/pods/p';

const AMBIGUOUS = { kubectl: 'forwarded', porthole: 400 } as const;
const CONTROL = { kubectl: 403, porthole: 400 } as const;
const CLEANED = { kubectl: 301, porthole: 400 } as const;

export const paths: readonly PolicyRow[] = [
  same('F01 exec', get(`${POD}/exec`), 403),
  same('F01 attach', get(`${POD}/attach?stdin=1`), 403),
  same('F01 exec by POST', request(`POST ${POD}/exec`, { headers: 'Content-Length: 0\r\n' }), 403),
  same('F02 an escaped letter', get(`${POD}/%65xec`), 403),
  same('F02 an escaped slash', get(`${POD}%2Fexec`), 403),
  same('F02 a slash at the end', get(`${POD}/exec/`), 403),
  same('F02 a parameter', get(`${POD}/exec;a=b`), 403),
  differs('F02 an escaped NUL', get(`${POD}/exec%00`), CONTROL, 'paths'),
  same('F03 an escape of an escape', get(`${POD}/%2565xec`), 'forwarded'),
  differs('F04 two slashes first', get(`/${POD}/exec`), { kubectl: 301, porthole: 403 }, 'paths'),
  differs(
    'F04 two slashes within',
    get(`/api/${POD.slice(4)}/exec`),
    { kubectl: 301, porthole: 403 },
    'paths',
  ),
  differs(
    'F04 two slashes before another path',
    get('/api//v1/pods'),
    { kubectl: 301, porthole: 'forwarded' },
    'paths',
  ),
  differs('F04 a dot', get('/api/./v1/pods'), CLEANED, 'paths'),
  differs('F04 two dots', get(`/x/..${POD}/exec`), CLEANED, 'paths'),
  differs('F05 escaped dots', get(`/x/%2e%2e${POD}/exec`), AMBIGUOUS, 'paths'),
  differs('F05 an escaped dot', get('/api/%2e/v1/pods'), AMBIGUOUS, 'paths'),
  differs('F05 dots with a parameter', get('/x/..;/api/v1/pods'), AMBIGUOUS, 'paths'),
  differs('F06 %0a before exec', get(`/api/v1%0a${POD.slice(7)}/exec`), AMBIGUOUS, 'paths'),
  ...['%0d', '%09', '%7f', '%e2%80%a8'].map((hidden) =>
    differs(
      `F06 ${hidden} before exec`,
      get(`/api/v1${hidden}${POD.slice(7)}/exec`),
      CONTROL,
      'paths',
    ),
  ),
  differs('F06 %0d in another path', get('/api/v1%0d/pods'), AMBIGUOUS, 'paths'),
  differs('F07 backslashes', get(String.raw`/api\v1\pods\p\exec`), AMBIGUOUS, 'paths'),
  differs('F07 escaped backslashes', get('/api%5cv1%5cpods%5cp%5cexec'), AMBIGUOUS, 'paths'),
  same('F08 a broken escape', get('/api/%zz'), 400),
  same('F08 a percent sign alone', get('/api/%'), 400),
  differs('F08 overlong UTF-8', get('/api/%c0%af'), AMBIGUOUS, 'paths'),
  differs('F08 no UTF-8', get('/api/%ff'), AMBIGUOUS, 'paths'),
  differs('F09 a fragment', get('/api/v1/pods#frag'), AMBIGUOUS, 'paths'),
  same('F09 an escaped number sign', get('/api/v1/pods%23frag'), 'forwarded'),
  same('F10 exec in the query', get('/api/v1/pods?x=/api/v1/pods/p/exec'), 'forwarded'),
  same(
    'F11 headers that name another path',
    get(`${POD}/exec`, 'X-Original-URL: /version\r\nX-Forwarded-Uri: /version\r\n'),
    403,
  ),
  same(
    'F11 headers that name exec',
    get(
      '/version',
      `X-Original-URL: ${POD}/exec\r\nX-Rewrite-URL: ${POD}/exec\r\nX-Forwarded-Uri: ${POD}/exec\r\n` +
        'X-HTTP-Method-Override: DELETE\r\n',
    ),
    'forwarded',
    {
      why: 'headers-that-speak-for-a-proxy',
      only: {
        kubectl: [
          `> x-original-url: ${POD}/exec`,
          `> x-rewrite-url: ${POD}/exec`,
          `> x-forwarded-uri: ${POD}/exec`,
          '> x-http-method-override: DELETE',
        ],
      },
    },
  ),
  same('F12 upper case', get(`${POD}/EXEC`), 'forwarded'),
  same('F12 an upper-case prefix', get('/API/v1/pods'), 'forwarded'),
  differs('F13 OPTIONS *', request('OPTIONS *'), { kubectl: 200, porthole: 400 }, 'methods'),
  differs(
    'F14 CONNECT',
    request('CONNECT localhost:443', { host: 'localhost:443' }),
    { kubectl: 301, porthole: 405 },
    'methods',
  ),
  ...['TRACE', 'FOO', 'get'].map((method) =>
    differs(
      `${method === 'TRACE' ? 'F15' : 'F16'} ${method}`,
      request(`${method} /api/v1/pods`),
      { kubectl: 'forwarded', porthole: 405 },
      'methods',
    ),
  ),
  differs(
    'F16 a method of 300 letters',
    request(`${'X'.repeat(300)} /api/v1/pods`),
    AMBIGUOUS,
    'methods',
  ),
  ...[
    `${POD}/portforward`,
    `${POD}/proxy/`,
    `${POD}/ephemeralcontainers`,
    '/api/v1/namespaces/d/services/s/proxy/',
    '/api/v1/nodes/n/proxy/exec/d/p/c',
    '/api/v1/namespaces/d/serviceaccounts/a/token',
  ].map((path) => same(`F23 ${path}`, get(path), 'forwarded')),
  same('F24 8 KiB', get(`/${'x'.repeat(8_000)}`), 'forwarded'),
  differs(
    'F24 200 kB',
    get(`/${'x'.repeat(200_000)}`),
    { kubectl: 'forwarded', porthole: 431 },
    'malformed-requests',
  ),
  // What TestAPIRequests of kubectl sends.
  ...['GET', 'DELETE'].map((method) =>
    same(
      `API request: ${method}`,
      request(`${method} /api/test?fields=ID%3Dfoo&labels=key%3Dvalue`),
      'forwarded',
    ),
  ),
  ...['POST', 'PUT'].map((method) =>
    same(
      `API request: ${method}`,
      withBody(`${method} /api/test?fields=ID%3Dfoo&labels=key%3Dvalue`, 'test payload'),
      'forwarded',
    ),
  ),
];
