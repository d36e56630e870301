import { describe, expect, it } from 'vitest';
import { createAdmit } from '../../../src/server/admit.ts';
import { splitPatterns } from '../../../src/server/patterns.ts';
import { requestInfo } from '../../../src/server/request-info.ts';
import { parseRequestTarget } from '../../../src/server/request-target.ts';
import { OPTIONS, outcome, pods } from './admission.ts';
import { requestOf } from './request-of.ts';

describe('kubectl proxy admits and refuses the same', () => {
  it.each([
    ['127.0.0.1', 'GET', '/', 'ok'],
    ['127.0.0.1', 'GET', '/api/v1/pods', 'ok'],
    ['localhost', 'GET', '/api/v1/pods', 'ok'],
    ['localhost', 'GET', `${pods}/foo`, 'ok'],
    ['localhost', 'GET', `${pods}/attachfoo`, 'ok'],
    ['localhost', 'GET', `${pods}/execfoo`, 'ok'],
    ['127.0.0.1', 'GET', `${pods}/foo/exec`, 'ERR_PATH_REFUSED'],
    ['127.0.0.1', 'GET', `${pods}/foo/attach`, 'ERR_PATH_REFUSED'],
    ['evil.com', 'GET', '/api/v1/pods', 'ERR_HOST_REFUSED'],
    ['localhost.evil.com', 'GET', '/api/v1/pods', 'ERR_HOST_REFUSED'],
    ['127a0b0c1', 'GET', '/api/v1/pods', 'ERR_HOST_REFUSED'],
    ['localhost', 'GET', '/ui', 'ok'],
    ['localhost', 'POST', '/api/v1/pods', 'ok'],
    ['localhost', 'PUT', `${pods}/somepod`, 'ok'],
    ['localhost', 'PATCH', `${pods}/somepod`, 'ok'],
    ['localhost', 'POST', `${pods}/somepod/exec`, 'ERR_PATH_REFUSED'],
    ['localhost', 'GET', `${pods}/somepod/portforward`, 'ok'],
  ])('with the defaults: Host %s, %s %s: %s', (host, method, target, expected) => {
    expect(outcome({ host, method, target })).toBe(expected);
  });

  it.each([
    ['GET', 'GET', 'ERR_METHOD_REFUSED'],
    ['POST', 'POST', 'ERR_METHOD_REFUSED'],
    ['PUT', 'PUT', 'ERR_METHOD_REFUSED'],
    ['PATCH', 'PATCH', 'ERR_METHOD_REFUSED'],
    ['POST,PUT,PATCH', 'PATCH', 'ERR_METHOD_REFUSED'],
    ['POST,PUT,PATCH', 'PUT', 'ERR_METHOD_REFUSED'],
    ['POST,PUT,PATCH', 'DELETE', 'ok'],
    ['GET', 'HEAD', 'ok'],
    ['^P', 'OPTIONS', 'ok'],
    ['P', 'OPTIONS', 'ERR_METHOD_REFUSED'],
  ])('F17 --reject-methods=%s: %s gives %s', (value, method, expected) => {
    const headers = ['X-HTTP-Method-Override', method === 'GET' ? 'DELETE' : 'GET'];
    const rejectMethods = splitPatterns(value);
    expect(outcome({ method, headers }, { rejectMethods })).toBe(expected);
  });

  it('with no reject pattern, exec is admitted', () => {
    const parts = { method: 'POST', target: `${pods}/somepod/exec` };
    expect(outcome(parts, { rejectPaths: splitPatterns('') })).toBe('ok');
  });

  it('with no accept pattern, nothing is admitted', () => {
    expect(outcome({}, { acceptPaths: [] })).toBe('ERR_PATH_REFUSED');
    expect(outcome({}, { acceptHosts: [] })).toBe('ERR_HOST_REFUSED');
  });
});

describe('the host and the order of the checks', () => {
  const wrong = {
    host: 'evil.example',
    method: 'TRACE',
    target: `${pods}/p/exec`,
    headers: ['Origin', 'https://evil.example', 'Impersonate-User', 'admin'],
  };
  const ownOrigin = { host: 'localhost', headers: ['Impersonate-User', 'admin'] };

  it.each([
    ['host', wrong, 'ERR_HOST_REFUSED'],
    ['origin', { ...wrong, host: 'localhost' }, 'ERR_ORIGIN_REFUSED'],
    ['method', { ...wrong, ...ownOrigin }, 'ERR_METHOD_NOT_ALLOWED'],
    ['path', { ...wrong, ...ownOrigin, method: 'GET' }, 'ERR_PATH_REFUSED'],
    ['impersonation', ownOrigin, 'ERR_IMPERSONATION_REFUSED'],
  ])('%s is next', (_, parts, expected) => {
    expect(outcome(parts, { impersonating: true })).toBe(expected);
  });

  it('H10: an upgrade is judged by its host first, too', () => {
    const headers = ['Origin', 'http://evil.example'];
    const parts = { host: 'evil.example', upgrade: 'websocket', headers };
    expect(outcome(parts)).toBe('ERR_HOST_REFUSED');
  });

  it('H03: a host pattern with capital letters matches, since hosts have no case', () => {
    expect(outcome({ host: 'MyHost:8001' }, { acceptHosts: ['^MyHost$'] })).toBe('ok');
  });

  it('H13: X-Forwarded-Host has no say', () => {
    const headers = ['X-Forwarded-Host', 'localhost'];
    expect(outcome({ host: 'evil.example', headers })).toBe('ERR_HOST_REFUSED');
  });
});

describe('impersonation by the client', () => {
  it.each(['Impersonate-User', 'impersonate-group', 'IMPERSONATE-UID', 'Impersonate-Extra-x%2Fy'])(
    'D07, D08: %s is refused when the proxy impersonates, and else passes',
    (name) => {
      const parts = { headers: ['Accept', '*/*', name, 'admin'] };
      expect(outcome(parts, { impersonating: true })).toBe('ERR_IMPERSONATION_REFUSED');
      expect(outcome(parts)).toBe('ok');
    },
  );

  it('D07: other headers pass when the proxy impersonates', () => {
    const headers = ['X-Impersonate-User', 'a', 'Impersonated', 'b'];
    expect(outcome({ headers }, { impersonating: true })).toBe('ok');
  });

  it('D07: the refusal names the header, not its value', () => {
    const admit = createAdmit({ ...OPTIONS, impersonating: true });
    const request = requestOf({ headers: ['Impersonate-User', 'root'] });
    const target = parseRequestTarget('/');
    const ask = () => admit.request(request, target, requestInfo('GET', target));
    expect(ask).toThrow(/"Impersonate-User"/);
    expect(ask).toThrow(/^(?!.*root)/);
  });
});

describe('a refusal', () => {
  const refusal = (text: string) => () => {
    const target = parseRequestTarget(text);
    createAdmit(OPTIONS).request(requestOf({ target: text }), target, requestInfo('GET', target));
  };

  it('quotes the path as sent without its query, and names the flag', () => {
    expect(refusal('/api/v1/pods/%65xec/exec?token=s3cr3t')).toThrow(
      'The path "/api/v1/pods/%65xec/exec" matches --reject-paths; change that flag to allow it.',
    );
  });

  it('is short for a long path', () => {
    expect(refusal(`/api/v1/pods/${'p'.repeat(60_000)}/exec`)).toThrow(/^.{1,400}$/);
  });
});
