import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAdmit } from '../../../src/server/admit.ts';
import { requestInfo } from '../../../src/server/request-info.ts';
import { parseRequestTarget } from '../../../src/server/request-target.ts';
import { OPTIONS, outcome, pods } from './admission.ts';
import { outcomeOf, requestOf } from './request-of.ts';

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
    ['F05', `/x/%2e%2e${pods}/p/exec`, 'ERR_BAD_TARGET'],
    ['F06', '/api/v1%0a/namespaces/d/pods/p/exec', 'ERR_BAD_TARGET'],
    ['F06', '/api/v1%e2%80%a8/namespaces/d/pods/p/exec', 'ERR_BAD_TARGET'],
    ['F07', '/api%5cv1%5cpods%5cp%5cexec', 'ERR_BAD_TARGET'],
    ['F08', '/api%c0%afv1/pods/p/exec', 'ERR_BAD_TARGET'],
    ['F10', '/api/v1/pods?x=/pods/p/exec', 'ok'],
    // kubectl's defaults know exec and attach only, and match more than those: --read-only and --deny are for the rest.
    ['F23', `${pods}/p/portforward`, 'ok'],
    ['F23', `${pods}/p/proxy/metrics`, 'ok'],
    ['F23', '/api/v1/nodes/n/proxy/exec/d/p/c', 'ok'],
    ['F23', `${pods}/p/ephemeralcontainers`, 'ok'],
    ['F23', '/api/v1/namespaces/d/serviceaccounts/s/token', 'ok'],
    ['F23', `${pods}/p/executor`, 'ERR_PATH_REFUSED'],
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

  it('leaves the guard on', () => {
    const denied = { disableFilter: true, deny: ['pods/exec'] };
    expect(outcome({ target: `${pods}/p/exec` }, denied)).toBe('ERR_DENIED');
    expect(outcome({ method: 'DELETE' }, { disableFilter: true, readOnly: true })).toBe(
      'ERR_DENIED',
    );
  });
});

describe('property', () => {
  const admit = createAdmit({
    ...OPTIONS,
    rejectPaths: [...OPTIONS.rejectPaths, '^/caf\u00e9', 'a b$', '#', '(?i)secret'],
  });
  const verdict = (text: string) =>
    outcomeOf(() => {
      const target = parseRequestTarget(text);
      admit.request(requestOf({ target: text }), target, requestInfo('GET', target));
    });

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
