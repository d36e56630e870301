import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRequestTarget } from '../../../src/server/request-target.ts';
import { outcomeOf } from './request-of.ts';

const exec = '/api/v1/namespaces/d/pods/p/exec';

describe('an accepted target', () => {
  it.each([
    ['/', '/', '', '/'],
    ['/api/v1/pods?limit=5', '/api/v1/pods', 'limit=5', '/api/v1/pods'],
    ['/a?', '/a', '', '/a'],
    ['/a?b?c', '/a', 'b?c', '/a'],
    ['/a?x=%zz&y=\\&z=/../', '/a', 'x=%zz&y=\\&z=/../', '/a'],
    ['/caf%C3%A9', '/caf%C3%A9', '', '/caf\u00e9'],
    ['/a%20b+c', '/a%20b+c', '', '/a b+c'],
    ['//api///v1', '//api///v1', '', '//api///v1'],
    [
      '/.well-known/openid-configuration',
      '/.well-known/openid-configuration',
      '',
      '/.well-known/openid-configuration',
    ],
    ['/a/...', '/a/...', '', '/a/...'],
    ['/a/..b/.c/d..', '/a/..b/.c/d..', '', '/a/..b/.c/d..'],
    ['/a;v=1/b', '/a;v=1/b', '', '/a;v=1/b'],
    ['/"<>[]^`{|}', '/"<>[]^`{|}', '', '/"<>[]^`{|}'],
  ])('%s is split and decoded once', (target, path, query, decodedPath) => {
    expect(parseRequestTarget(target)).toEqual({
      text: target,
      path,
      query,
      decodedPath,
    });
  });

  it.each([
    ['F02 escaped letter', '/api/v1/namespaces/d/pods/p/%65xec', exec],
    ['F02 escaped slash', '/api/v1/namespaces/d/pods/p%2Fexec', exec],
    [
      'F03 escaped twice',
      '/api/v1/namespaces/d/pods/p/%2565xec',
      '/api/v1/namespaces/d/pods/p/%65xec',
    ],
    ['F03 dots escaped twice', '/x/%252e%252e/y', '/x/%2e%2e/y'],
    ['F09 escaped hash', '/a%23/exec', '/a#/exec'],
    ['F10 slash after the question mark', '/secrets?/healthz', '/secrets'],
    ['F10 escaped question mark', '/secrets%3f/healthz', '/secrets?/healthz'],
  ])('%s: %s is judged as %s', (_, target, decodedPath) => {
    expect(parseRequestTarget(target).decodedPath).toBe(decodedPath);
  });
});

describe('a refused target', () => {
  it.each([
    ['F02 NUL', `${exec}%00`],
    ['F04 dot segment', '/api/./v1/pods'],
    ['F04 dot-dot segment', '/x/../api/v1/pods'],
    ['F04 dot-dot at the end', '/api/v1/..'],
    ['F04 dot at the end', '/api/v1/.'],
    ['F04 dot-dot alone', '/..'],
    ['F05 escaped dot-dot', '/x/%2e%2e/api/v1/pods'],
    ['F05 half escaped dot-dot', '/x/.%2E/api/v1/pods'],
    ['F05 escaped slashes around', '/x%2f..%2fapi/v1/pods'],
    ['F05 dot-dot with parameter', '/a/..;/b'],
    ['F05 dot-dot with long parameter', '/a/..;x=1;y=2/b'],
    ['F05 escaped semicolon', '/a/..%3bx/b'],
    ['F05 dot with parameter', '/.;a=b/c'],
    ['F05 parameter at the end', '/a/..;'],
    ['F05 escaped dot', '/%2e/'],
    ['F06 line feed', '/api/v1%0a/namespaces/d/pods/p/exec'],
    ['F06 carriage return', '/api/v1%0d/pods'],
    ['F06 tab', '/api/v1%09/pods'],
    ['F06 DEL', '/api/v1%7f/pods'],
    ['F06 C1', '/api/v1%c2%85/pods'],
    ['F06 line separator', '/api/v1%e2%80%a8/pods'],
    ['F06 paragraph separator', '/api/v1%E2%80%A9/pods'],
    ['F06 raw line feed', '/api\n/v1'],
    ['F06 raw line feed in the query', '/api?a\nb'],
    ['F06 raw DEL', '/api\x7f'],
    ['F06 raw space', '/api v1'],
    ['F07 backslash', '/api\\v1\\pods\\p\\exec'],
    ['F07 escaped backslash', '/api%5cv1%5Cpods'],
    ['F08 no hex', '/api/%zz'],
    ['F08 lone percent', '/api/%'],
    ['F08 cut escape', '/api/%4'],
    ['F08 overlong slash', '/api%c0%afv1'],
    ['F08 lone continuation byte', '/%80'],
    ['F08 cut sequence', '/%e2%82'],
    ['F08 surrogate', '/%ed%a0%80'],
    ['F08 beyond Unicode', '/%f4%90%80%80'],
    ['F09 fragment', '/api#frag'],
    ['F09 fragment in the query', '/api?a#frag'],
    ['F13 asterisk-form', '*'],
    ['F14 authority-form', 'host:443'],
    ['H09 absolute-form', 'http://evil/api'],
    ['raw byte above ASCII', '/caf\u00e9'],
    ['raw character above Latin-1', '/\u2028'],
    ['empty', ''],
    ['query alone', '?a'],
  ])('%s: %j is ERR_BAD_TARGET', (_, target) => {
    expect(outcomeOf(() => parseRequestTarget(target))).toBe('ERR_BAD_TARGET');
  });

  it('is not repeated in the message, since its query may hold a token', () => {
    expect(() => parseRequestTarget('/a?token=s3cr3t#')).toThrow(/^(?!.*s3cr3t)/);
  });
});

const piece = fc.constantFrom(
  ...['/', '//', '.', '..', '%2e', '%2F', ';', '%3b', 'a', 'pods', '\\', '%5c', '%', '%25', '%00'],
  ...['%0a', '%c2%85', '%c3%a9', '%c0%af', '?', '#', ' ', '\u00e9', '"', '|', '%e2%80%a8'],
);

describe('property', () => {
  it('F21: what is accepted, a WHATWG URL parser resolves no further', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const target = `/${pieces.join('')}`;
        if (outcomeOf(() => parseRequestTarget(target)) !== 'ok') return;
        const { path, query, decodedPath } = parseRequestTarget(target);
        expect(target).toBe(target.includes('?') ? `${path}?${query}` : path);
        const { pathname } = new URL(`http://localhost${target}`);
        expect(decodeURIComponent(pathname)).toBe(decodedPath);
      }),
      { numRuns: 2_000 },
    );
  });

  it('any string is accepted or ERR_BAD_TARGET', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        expect(['ok', 'ERR_BAD_TARGET']).toContain(outcomeOf(() => parseRequestTarget(`/${text}`)));
      }),
    );
  });
});
