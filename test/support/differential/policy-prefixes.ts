// Below which path the API is, here and at the upstream: kubectl's TestPathHandling, row F22 and the server's own path.
import { differs, get, type PolicyRow, same } from './policy-row.ts';

/** `--api-prefix=/api/`. */
export const apiPrefix: readonly PolicyRow[] = [
  same('TestPathHandling 1', get('/metrics'), 404),
  same('TestPathHandling 2', get('/api/metrics'), 'forwarded'),
  same('TestPathHandling 3', get('/api/v1/pods/'), 'forwarded'),
  same('an escaped slash', get('/api/v1/a%2Fb'), 'forwarded'),
  same('a longer name', get('/apis/apps/v1'), 404),
  same('without its slash', get('/api'), 301),
  same('without its slash, with a query', get('/api?a=b'), 301),
  same('exec', get('/api/v1/namespaces/d/pods/p/exec'), 403),
];

/** By default: `--api-prefix=/`. */
export const noPrefix: readonly PolicyRow[] = [
  same('TestPathHandling 4', get('/metrics'), 'forwarded'),
  same('TestPathHandling 5', get('/api/v1/pods/'), 'forwarded'),
  same('an escaped slash', get('/api/v1/a%2Fb'), 'forwarded'),
];

/** `--api-prefix=/custom/`, and `/custom`, which is the same. */
export const customPrefix: readonly PolicyRow[] = [
  same('TestPathHandling 6', get('/metrics'), 404),
  same('TestPathHandling 7', get('/api/metrics'), 404),
  same('TestPathHandling 8', get('/api/v1/pods/'), 404),
  same('TestPathHandling 9', get('/custom/api/metrics'), 'forwarded', {
    sentAs: 'GET /api/metrics HTTP/1.1',
  }),
  same('TestPathHandling 10', get('/custom/api/v1/pods/'), 'forwarded', {
    sentAs: 'GET /api/v1/pods/ HTTP/1.1',
  }),
  same('TestPathHandling 10, with a query', get('/custom/api/v1/pods/?a=b&c'), 'forwarded', {
    sentAs: 'GET /api/v1/pods/?a=b&c HTTP/1.1',
  }),
  same('F22 a longer name', get('/customapi'), 404),
  same('F22 without its slash', get('/custom'), 301),
  same('F22 nothing after it', get('/custom/'), 'forwarded', { sentAs: 'GET / HTTP/1.1' }),
  differs(
    'F22 dots that leave it',
    get('/custom/%2e%2e/api'),
    { kubectl: 'forwarded', porthole: 400 },
    'paths',
  ),
  differs(
    'F22 two slashes after it',
    get('/custom//api'),
    { kubectl: 301, porthole: 'forwarded' },
    'paths',
    { sentAs: 'GET //api HTTP/1.1' },
  ),
  same('F22 an escaped slash', get('/custom/api/v1/a%2Fb'), 'forwarded', {
    why: 'prefixes',
    sentAs: 'GET /api/v1/a%2Fb HTTP/1.1',
    only: { kubectl: ['> GET /api/v1/a/b HTTP/1.1'], porthole: ['> GET /api/v1/a%2Fb HTTP/1.1'] },
  }),
  same('F22 exec', get('/custom/api/v1/namespaces/d/pods/p/exec'), 403),
];

/** `--api-prefix=/api-x/`. */
export const prefixLikeApi: readonly PolicyRow[] = [
  same('a prefix that begins as the API', get('/api-x/api/v1/pods'), 'forwarded', {
    why: 'prefixes',
    sentAs: 'GET /api/v1/pods HTTP/1.1',
    only: {
      kubectl: ['> GET /api-x/api/v1/pods HTTP/1.1'],
      porthole: ['> GET /api/v1/pods HTTP/1.1'],
    },
  }),
  differs(
    'exec below it',
    get('/api-x/api/v1/namespaces/d/pods/p/exec'),
    { kubectl: 'forwarded', porthole: 403 },
    'prefixes',
  ),
  same('outside of it', get('/api/v1/pods'), 404),
];

/** A server https://host:port/some/path, and no flag. */
export const serverPath: readonly PolicyRow[] = [
  same('by default', get('/api/v1/pods?limit=1'), 'forwarded', {
    why: 'the-path-of-the-server',
    sentAs: 'GET /some/path/api/v1/pods?limit=1 HTTP/1.1',
    only: {
      kubectl: ['> GET /api/v1/pods?limit=1 HTTP/1.1'],
      porthole: ['> GET /some/path/api/v1/pods?limit=1 HTTP/1.1'],
    },
  }),
];

/** The same with `--append-server-path`. */
export const serverPathAppended: readonly PolicyRow[] = [
  same('appended', get('/api/v1/pods?limit=1'), 'forwarded', {
    sentAs: 'GET /some/path/api/v1/pods?limit=1 HTTP/1.1',
  }),
  same('appended, an escaped slash', get('/api/v1/a%2Fb'), 'forwarded', {
    sentAs: 'GET /some/path/api/v1/a%2Fb HTTP/1.1',
  }),
  same('appended, the root', get('/'), 'forwarded', { sentAs: 'GET /some/path/ HTTP/1.1' }),
];

/** The same with `--append-server-path=false`. */
export const serverPathDropped: readonly PolicyRow[] = [
  same('dropped', get('/api/v1/pods?limit=1'), 'forwarded'),
  same('dropped, an escaped slash', get('/api/v1/a%2Fb'), 'forwarded'),
];

/** The same with `--append-server-path --api-prefix=/custom/`: TestPathHandling 11. */
export const serverPathAndPrefix: readonly PolicyRow[] = [
  same('TestPathHandling 11', get('/custom/api/v1/services/'), 'forwarded', {
    sentAs: 'GET /some/path/api/v1/services/ HTTP/1.1',
  }),
];
