import { describe, expect, it } from 'vitest';
import { parseRequestTarget } from '../../../src/server/request-target.ts';
import { createRoute, type RouteOptions } from '../../../src/server/route.ts';

/** Where a target goes, in a word or two. */
function routed(text: string, options: Partial<RouteOptions> = {}): string {
  const route = createRoute({
    apiPrefix: '/',
    wwwPrefix: undefined,
    loginPath: undefined,
    ...options,
  })(parseRequestTarget(text));
  switch (route.kind) {
    case 'api':
      return `api ${route.target.text}`;
    case 'file':
      return `file ${route.path}`;
    case 'redirect':
      return `redirect ${route.location}`;
    default:
      return route.kind;
  }
}

describe('createRoute', () => {
  // The rows of kubectl's own TestPathHandling, and near misses.
  it.each([
    ['/api/', '/metrics', 'none'],
    ['/api/', '/api/metrics', 'api /api/metrics'],
    ['/api/', '/api/v1/pods/', 'api /api/v1/pods/'],
    ['/', '/metrics', 'api /metrics'],
    ['/', '/api/v1/pods/', 'api /api/v1/pods/'],
    ['/custom/', '/metrics', 'none'],
    ['/custom/', '/api/metrics', 'none'],
    ['/custom/', '/api/v1/pods/', 'none'],
    ['/custom/', '/custom/api/metrics', 'api /api/metrics'],
    ['/custom/', '/custom/api/v1/pods/', 'api /api/v1/pods/'],
    ['/custom/', '/customapi/v1/pods', 'none'],
    ['/custom/', '/Custom/api', 'none'],
    ['/custom/', '/%63ustom/api', 'none'],
    ['/custom/', '/custom%2Fapi', 'none'],
    ['/custom/', '//custom/api', 'none'],
    ['/api/v1/', '/api/v1/pods', 'api /api/v1/pods'],
    ['/apis/', '/apis/apps/v1', 'api /apis/apps/v1'],
    ['/api-x/', '/api-x/api/v1', 'api /api/v1'],
    ['/apis-of-mine/', '/apis-of-mine/version', 'api /version'],
    ['/a/b/', '/a/b/version', 'api /version'],
  ])('with --api-prefix=%s, %s goes to %s', (apiPrefix, text, where) => {
    expect(routed(text, { apiPrefix })).toBe(where);
  });

  it.each([
    ['/custom/', '/custom/', 'api /'],
    ['/custom/', '/custom/?', 'api /?'],
    ['/custom/', '/custom//api', 'api //api'],
    ['/custom/', '/custom/api/v1/a%2Fb?x=%2f&y', 'api /api/v1/a%2Fb?x=%2f&y'],
    ['/', '/api/v1/a%2fb/%C3%A9', 'api /api/v1/a%2fb/%C3%A9'],
  ])('leaves what is behind the prefix %s byte for byte: %s', (apiPrefix, text, where) => {
    expect(routed(text, { apiPrefix })).toBe(where);
  });

  it('judges what is behind the prefix, decoded', () => {
    const route = createRoute({
      apiPrefix: '/custom/',
      wwwPrefix: undefined,
      loginPath: undefined,
    })(parseRequestTarget('/custom/api/v1/%70ods?a=1'));
    expect(route).toEqual({
      kind: 'api',
      target: {
        text: '/api/v1/%70ods?a=1',
        path: '/api/v1/%70ods',
        query: 'a=1',
        decodedPath: '/api/v1/pods',
      },
    });
  });

  it.each([
    ['/custom', 'redirect /custom/'],
    ['/custom?a=1&b', 'redirect /custom/?a=1&b'],
    ['/static', 'redirect /static/'],
    ['/other', 'none'],
  ])('sends %s on to where it would be served', (text, where) => {
    expect(routed(text, { apiPrefix: '/custom/', wwwPrefix: '/static/' })).toBe(where);
  });

  it('keeps /api itself when only /api/ is served: the API server has an answer to it', () => {
    expect(routed('/api', { apiPrefix: '/' })).toBe('api /api');
    expect(routed('/api', { apiPrefix: '/api/' })).toBe('redirect /api/');
  });

  it.each([
    ['/static/a%20b.html?q', 'file /a b.html'],
    ['/static/', 'file /'],
    ['/staticx', 'api /staticx'],
    ['/static/k8s/api', 'api /api'],
    ['/%73tatic/x', 'api /%73tatic/x'],
  ])('gives the longest prefix %s', (text, where) => {
    const apiPrefix = text.startsWith('/static/k8s') ? '/static/k8s/' : '/';
    expect(routed(text, { apiPrefix, wwwPrefix: '/static/' })).toBe(where);
  });

  it('serves files at the root beside an API with a prefix', () => {
    const options = { apiPrefix: '/k8s/', wwwPrefix: '/' };
    expect(routed('/index.html', options)).toBe('file /index.html');
    expect(routed('/k8s/api', options)).toBe('api /api');
    expect(routed('/k8s?x=1', options)).toBe('redirect /k8s/?x=1');
  });

  it('knows the login path only when there is one', () => {
    expect(routed('/-/login?token=x')).toBe('api /-/login?token=x');
    expect(routed('/-/login?token=x', { loginPath: '/-/login' })).toBe('login');
    expect(routed('/-/login/', { loginPath: '/-/login' })).toBe('api /-/login/');
  });
});
