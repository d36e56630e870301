import { describe, expect, it } from 'vitest';
import { createOriginCheck } from '../../../src/server/origin.ts';
import { outcomeOf, requestOf } from './request-of.ts';

const evil = 'https://evil.example';
const own = 'http://localhost:8001';
const check = createOriginCheck([]);

describe('a plain request', () => {
  it.each<[id: string, method: string, headers: string[], outcome: string]>([
    ['X01', 'POST', ['Origin', evil, 'Sec-Fetch-Site', 'cross-site'], 'ERR_ORIGIN_REFUSED'],
    ['X01 old browser', 'POST', ['Origin', evil], 'ERR_ORIGIN_REFUSED'],
    ['X02', 'POST', ['Origin', evil, 'Content-Type', 'text/plain'], 'ERR_ORIGIN_REFUSED'],
    [
      'X03',
      'GET',
      ['Sec-Fetch-Site', 'cross-site', 'Sec-Fetch-Dest', 'image'],
      'ERR_ORIGIN_REFUSED',
    ],
    ['X04', 'GET', ['Sec-Fetch-Site', 'same-site'], 'ERR_ORIGIN_REFUSED'],
    ['X04 own Origin', 'GET', ['Sec-Fetch-Site', 'same-site', 'Origin', own], 'ERR_ORIGIN_REFUSED'],
    [
      'X08',
      'OPTIONS',
      ['Origin', evil, 'Access-Control-Request-Method', 'DELETE'],
      'ERR_ORIGIN_REFUSED',
    ],
    [
      'X08 private network',
      'OPTIONS',
      ['Origin', evil, 'Access-Control-Request-Private-Network', 'true'],
      'ERR_ORIGIN_REFUSED',
    ],
    ['X10', 'GET', ['Origin', 'http://127.0.0.1:8001'], 'ERR_ORIGIN_REFUSED'],
    ['X11', 'GET', ['Sec-Fetch-Site', 'none'], 'ok'],
    ['own page', 'POST', ['Sec-Fetch-Site', 'same-origin', 'Origin', own], 'ok'],
    ['own page, old browser', 'POST', ['Origin', own], 'ok'],
    ['no browser', 'POST', [], 'ok'],
    ['unknown site', 'GET', ['Sec-Fetch-Site', 'other'], 'ERR_ORIGIN_REFUSED'],
    ['empty site', 'GET', ['Sec-Fetch-Site', ''], 'ERR_ORIGIN_REFUSED'],
    ['site in capitals', 'GET', ['Sec-Fetch-Site', 'None'], 'ERR_ORIGIN_REFUSED'],
    ['listed sites', 'GET', ['Sec-Fetch-Site', 'none, cross-site'], 'ERR_ORIGIN_REFUSED'],
    [
      'two sites',
      'GET',
      ['Sec-Fetch-Site', 'none', 'sec-fetch-site', 'none'],
      'ERR_ORIGIN_REFUSED',
    ],
    ['two origins', 'GET', ['Origin', own, 'ORIGIN', own], 'ERR_ORIGIN_REFUSED'],
    [
      'two origins beside a good site',
      'GET',
      ['Sec-Fetch-Site', 'none', 'Origin', own, 'Origin', own],
      'ERR_ORIGIN_REFUSED',
    ],
    ['null origin', 'POST', ['Origin', 'null'], 'ERR_ORIGIN_REFUSED'],
    ['empty origin', 'POST', ['Origin', ''], 'ERR_ORIGIN_REFUSED'],
  ])('%s: %s with %j gives %s', (_, method, headers, outcome) => {
    expect(outcomeOf(() => check(requestOf({ method, headers })))).toBe(outcome);
  });
});

describe('an upgrade', () => {
  it.each<[id: string, headers: string[], outcome: string]>([
    ['X05', ['Origin', evil], 'ERR_ORIGIN_REFUSED'],
    [
      'X05 beside a good site',
      ['Origin', evil, 'Sec-Fetch-Site', 'same-origin'],
      'ERR_ORIGIN_REFUSED',
    ],
    ['X06 null', ['Origin', 'null'], 'ERR_ORIGIN_REFUSED'],
    [
      'X06 null beside a good site',
      ['Origin', 'null', 'Sec-Fetch-Site', 'none'],
      'ERR_ORIGIN_REFUSED',
    ],
    ['X06 no Origin', ['Sec-Fetch-Site', 'cross-site'], 'ERR_ORIGIN_REFUSED'],
    ['X06 two', ['Origin', own, 'Origin', evil], 'ERR_ORIGIN_REFUSED'],
    ['X06 superstring', ['Origin', 'http://localhost:8001.evil'], 'ERR_ORIGIN_REFUSED'],
    ['X06 user', ['Origin', 'http://localhost:8001@evil'], 'ERR_ORIGIN_REFUSED'],
    ['X07', [], 'ok'],
    ['own page', ['Origin', own, 'Sec-Fetch-Site', 'same-origin'], 'ok'],
    ['own page, as Chromium sends it', ['Origin', own], 'ok'],
  ])('%s: %j gives %s', (_, headers, outcome) => {
    expect(outcomeOf(() => check(requestOf({ upgrade: 'websocket', headers })))).toBe(outcome);
  });

  it('X05: an Upgrade field that Connection does not name counts too', () => {
    const headers = ['Upgrade', 'websocket', 'Origin', evil, 'Sec-Fetch-Site', 'none'];
    expect(outcomeOf(() => check(requestOf({ headers })))).toBe('ERR_ORIGIN_REFUSED');
  });
});

describe('our own origin', () => {
  it.each([
    ['localhost:8001', 'http://localhost:8001', 'ok'],
    ['LOCALHOST:8001', 'HTTP://LocalHost:8001', 'ok'],
    ['localhost', 'http://localhost', 'ok'],
    ['localhost', 'http://localhost:80', 'ok'],
    ['localhost:80', 'http://localhost', 'ok'],
    ['[::1]:8001', 'http://[::1]:8001', 'ok'],
    ['localhost:8001', 'http://localhost', 'ERR_ORIGIN_REFUSED'],
    ['localhost:8001', 'http://localhost:8002', 'ERR_ORIGIN_REFUSED'],
    ['localhost:8001', 'https://localhost:8001', 'ERR_ORIGIN_REFUSED'],
    ['localhost:443', 'https://localhost', 'ERR_ORIGIN_REFUSED'],
    ['localhost:8001', 'localhost:8001', 'ERR_ORIGIN_REFUSED'],
    ['localhost:8001', 'http://localhost:8001/', 'ERR_ORIGIN_REFUSED'],
    ['localhost:8001', 'http://localhost:8001 http://evil', 'ERR_ORIGIN_REFUSED'],
  ])('with Host %s, Origin %s gives %s', (host, origin, outcome) => {
    const request = requestOf({ host, headers: ['Origin', origin] });
    expect(outcomeOf(() => check(request))).toBe(outcome);
  });
});

describe('--allow-origin', () => {
  const allowing = createOriginCheck(['https://Evil.Example:443', 'chrome-extension://abc']);

  it.each([
    [evil, 'ok'],
    ['HTTPS://evil.example:443', 'ok'],
    ['chrome-extension://abc', 'ok'],
    [own, 'ok'],
    ['http://evil.example', 'ERR_ORIGIN_REFUSED'],
    ['https://evil.example:444', 'ERR_ORIGIN_REFUSED'],
    ['https://evil.example.org', 'ERR_ORIGIN_REFUSED'],
    ['null', 'ERR_ORIGIN_REFUSED'],
  ])('%s gives %s', (origin, outcome) => {
    for (const upgrade of [{}, { upgrade: 'websocket' }]) {
      const request = requestOf({ ...upgrade, headers: ['Origin', origin] });
      expect(outcomeOf(() => allowing(request))).toBe(outcome);
    }
  });

  it.each(['*', 'null', '', 'localhost:3000', 'http://a/', 'http://a:0', 'http://a b'])(
    '%j is a usage error',
    (origin) => {
      expect(outcomeOf(() => createOriginCheck([origin]))).toBe('ERR_USAGE');
    },
  );
});

it('X14: the refusal quotes the origin and names the flag', () => {
  expect(() => check(requestOf({ headers: ['Origin', evil] }))).toThrow(
    /"https:\/\/evil\.example".*--allow-origin/,
  );
});
