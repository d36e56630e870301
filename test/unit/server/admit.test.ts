import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AdmitOptions,
  createAdmit,
  DEFAULT_ACCEPT_HOSTS,
  DEFAULT_ACCEPT_PATHS,
  DEFAULT_REJECT_METHODS,
  DEFAULT_REJECT_PATHS,
} from '../../../src/server/admit.ts';
import { splitPatterns } from '../../../src/server/patterns.ts';
import { parseRequestTarget } from '../../../src/server/request-target.ts';
import { outcomeOf, requestOf } from './request-of.ts';

const OPTIONS: AdmitOptions = {
  acceptHosts: splitPatterns(DEFAULT_ACCEPT_HOSTS),
  acceptPaths: splitPatterns(DEFAULT_ACCEPT_PATHS),
  rejectPaths: splitPatterns(DEFAULT_REJECT_PATHS),
  rejectMethods: splitPatterns(DEFAULT_REJECT_METHODS),
  disableFilter: false,
  allowOrigins: [],
  impersonating: false,
};

/** The outcome of parsing the target and asking for admission, under the defaults but for `options`. */
function outcome(
  parts: Parameters<typeof requestOf>[0],
  options: Partial<AdmitOptions> = {},
): string {
  const admit = createAdmit({ ...OPTIONS, ...options });
  const request = requestOf(parts);
  return outcomeOf(() => admit(request, parseRequestTarget(request.target)));
}

const pods = '/api/v1/namespaces/default/pods';

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

describe('the path filter', () => {
  it.each([
    ['F01', '/api/v1/namespaces/d/pods/p/exec', 'ERR_PATH_REFUSED'],
    ['F01', '/api/v1/namespaces/d/pods/p/attach?stdin=1', 'ERR_PATH_REFUSED'],
    ['F02', `${pods}/p/%65xec`, 'ERR_PATH_REFUSED'],
    ['F02', `${pods}/p%2Fexec`, 'ERR_PATH_REFUSED'],
    ['F02', `${pods}/p/exec/`, 'ERR_PATH_REFUSED'],
    ['F02', `${pods}/p/exec;a=b`, 'ERR_PATH_REFUSED'],
    ['F02', `${pods}/p/exec%00`, 'ERR_BAD_TARGET'],
    ['F03', `${pods}/p/%2565xec`, 'ok'],
    ['F04', `/${pods}/p/exec`, 'ERR_PATH_REFUSED'],
    ['F04', '/api//v1/pods/p/exec', 'ERR_PATH_REFUSED'],
    ['F04', '//api////v1//pods//p//exec', 'ERR_PATH_REFUSED'],
    ['F04', '%2Fapi%2F%2Fv1/pods/p/exec', 'ERR_BAD_TARGET'],
    ['F04', '/%2Fapi%2F%2Fv1/pods/p/exec', 'ERR_PATH_REFUSED'],
    ['F04', '//api/v1/pods', 'ok'],
    ['F10', '/api/v1/pods?x=/pods/p/exec', 'ok'],
    ['F12', `${pods}/p/EXEC`, 'ok'],
    ['F12', '/API/v1/pods/p/exec', 'ok'],
  ])('%s: %s gives %s', (_, target, expected) => {
    expect(outcome({ target })).toBe(expected);
  });

  it.each([
    ['F09 escaped hash', '/a%23/exec', ['^/a#/exec$'], 'ERR_PATH_REFUSED'],
    ['duplicate slashes as they are', '/a//b', ['//'], 'ERR_PATH_REFUSED'],
    ['duplicate slashes collapsed', '/a//b', ['^/a/b$'], 'ERR_PATH_REFUSED'],
    ['F19 inline flag', `${pods}/p/eXeC`, ['(?i)/EXEC$'], 'ERR_PATH_REFUSED'],
    ['F19 text anchors', '/api', [String.raw`\A/api\z`], 'ERR_PATH_REFUSED'],
    ['F19 text anchors elsewhere', '/api/A', [String.raw`\A/api\z`], 'ok'],
  ])('%s: %s under --reject-paths=%j gives %s', (_, target, rejectPaths, expected) => {
    expect(outcome({ target }, { rejectPaths })).toBe(expected);
  });

  it.each([
    ['F10', '/secrets?/healthz', ['^/healthz'], 'ERR_PATH_REFUSED'],
    ['F10 unanchored', '/secrets?/healthz', ['/healthz'], 'ERR_PATH_REFUSED'],
    ['accepted', '/healthz?verbose', ['^/healthz', '^/version'], 'ok'],
    ['as it is, but not collapsed', '/a//b', ['^/a//b$'], 'ERR_PATH_REFUSED'],
    ['collapsed, but not as it is', '/a//b', ['^/a/b$'], 'ERR_PATH_REFUSED'],
    ['both', '/a//b', ['^/a/'], 'ok'],
  ])('%s: %s under --accept-paths=%j gives %s', (_, target, acceptPaths, expected) => {
    expect(outcome({ target }, { acceptPaths })).toBe(expected);
  });

  it('F18: a pattern that RE2 does not read is a usage error, even with the filter disabled', () => {
    for (const disableFilter of [false, true])
      expect(
        outcomeOf(() => createAdmit({ ...OPTIONS, rejectPaths: ['(?=x)'], disableFilter })),
      ).toBe('ERR_USAGE');
  });

  it.each(['X-Original-URL', 'X-Rewrite-URL', 'X-Forwarded-Uri'])('F11: %s has no say', (name) => {
    expect(outcome({ headers: [name, `${pods}/p/exec`] })).toBe('ok');
    expect(outcome({ target: `${pods}/p/exec`, headers: [name, '/'] })).toBe('ERR_PATH_REFUSED');
  });
});

describe('methods', () => {
  it.each([
    ['F14', 'CONNECT'],
    ['F15', 'TRACE'],
    ['F16', 'FOO'],
    ['F16', 'get'],
    ['F16', 'A'.repeat(300)],
    ['F16', '__proto__'],
  ])('%s: %s is not one of the API, whatever the filter', (_, method) => {
    expect(outcome({ method })).toBe('ERR_METHOD_NOT_ALLOWED');
    expect(outcome({ method }, { disableFilter: true })).toBe('ERR_METHOD_NOT_ALLOWED');
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s is', (method) => {
    expect(outcome({ method })).toBe('ok');
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

describe('--disable-filter', () => {
  it.each([
    ['any host', { host: 'evil.example' }, 'ok'],
    ['any path', { target: `${pods}/p/exec` }, 'ok'],
    ['a rejected method', { method: 'DELETE' }, 'ok'],
    ['no malformed host', { host: 'localhost@evil' }, 'ERR_MALFORMED_REQUEST'],
    ['no foreign origin', { headers: ['Origin', 'https://evil.example'] }, 'ERR_ORIGIN_REFUSED'],
    ['no cross-site request', { headers: ['Sec-Fetch-Site', 'cross-site'] }, 'ERR_ORIGIN_REFUSED'],
    ['no bad target', { target: '/x/%2e%2e/' }, 'ERR_BAD_TARGET'],
  ])('admits %s', (_, parts, expected) => {
    const filter = { rejectMethods: ['DELETE'], acceptPaths: ['^/healthz'] };
    expect(outcome(parts, { ...filter, disableFilter: true })).toBe(expected);
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
    const ask = () => admit(request, parseRequestTarget('/'));
    expect(ask).toThrow(/"Impersonate-User"/);
    expect(ask).toThrow(/^(?!.*root)/);
  });
});

describe('a refusal', () => {
  const refusal = (target: string) => () =>
    createAdmit(OPTIONS)(requestOf({ target }), parseRequestTarget(target));

  it('quotes the path as sent without its query, and names the flag', () => {
    expect(refusal('/api/v1/pods/%65xec/exec?token=s3cr3t')).toThrow(
      'The path "/api/v1/pods/%65xec/exec" matches --reject-paths; change that flag to allow it.',
    );
  });

  it('is short for a long path', () => {
    expect(refusal(`/api/v1/pods/${'p'.repeat(60_000)}/exec`)).toThrow(/^.{1,400}$/);
  });
});

describe('property', () => {
  const admit = createAdmit({
    ...OPTIONS,
    rejectPaths: [...OPTIONS.rejectPaths, '^/caf\u00e9', 'a b$', '#', '(?i)secret'],
  });
  const verdict = (target: string) =>
    outcomeOf(() => admit(requestOf({ target }), parseRequestTarget(target)));

  const segment = fc.constantFrom(
    ...[
      'api',
      'v1',
      'pods',
      'p',
      'exec',
      'attach',
      'caf\u00e9',
      'a b',
      '#',
      '?',
      '%',
      ';',
      '',
      'Secrets',
    ],
  );
  // A path, and which of its characters to escape though they need not be.
  const escapes = fc.infiniteStream(fc.boolean());

  it('F21: escaping more of a path than needed never changes the verdict', () => {
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 8 }), escapes, (segments, more) => {
        const spell = (character: string, anyway: boolean) =>
          anyway || /[^\w/;]/.test(character)
            ? [...Buffer.from(character)].map((b) => `%${b.toString(16).padStart(2, '0')}`).join('')
            : character;
        const characters = [...segments.join('/')];
        const needed = `/${characters.map((c) => spell(c, false)).join('')}`;
        const surplus = `/${characters.map((c) => spell(c, more.next().value)).join('')}`;
        expect(verdict(surplus)).toBe(verdict(needed));
      }),
      { numRuns: 1_000 },
    );
  });

  it('a path with duplicate slashes is never admitted where the collapsed one is refused', () => {
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 8 }), (segments) => {
        const target = `/${segments.map(encodeURIComponent).join('/')}`;
        const collapsed = target.replace(/\/+/g, '/');
        if (verdict(collapsed) !== 'ok') expect(verdict(target)).not.toBe('ok');
      }),
    );
  });
});
