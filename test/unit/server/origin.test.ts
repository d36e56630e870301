import { describe, expect, it } from 'vitest';
import { createOriginCheck, type OriginOptions } from '../../../src/server/origin.ts';
import { outcomeOf, requestOf } from './request-of.ts';

const evil = 'https://evil.example';
const own = 'http://localhost:8001';
const OPTIONS: OriginOptions = { allowOrigins: [], scheme: 'http', disabled: false };
const check = createOriginCheck(OPTIONS);

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
    ['no host', 'null', 'ERR_ORIGIN_REFUSED'],
    ['no host', 'http://no host', 'ERR_ORIGIN_REFUSED'],
  ])('with Host %s, Origin %s gives %s', (host, origin, outcome) => {
    const request = requestOf({ host, headers: ['Origin', origin] });
    expect(outcomeOf(() => check(request))).toBe(outcome);
  });
});

describe('our own origin with --tls', () => {
  const overTls = createOriginCheck({ ...OPTIONS, scheme: 'https' });

  it.each([
    ['localhost:8001', 'https://localhost:8001', 'ok'],
    ['localhost', 'https://localhost:443', 'ok'],
    ['localhost:443', 'https://localhost', 'ok'],
    ['localhost:8001', 'http://localhost:8001', 'ERR_ORIGIN_REFUSED'],
    ['localhost', 'https://localhost:80', 'ERR_ORIGIN_REFUSED'],
  ])('with Host %s, Origin %s gives %s', (host, origin, outcome) => {
    for (const upgrade of [{}, { upgrade: 'websocket' }]) {
      const request = requestOf({ ...upgrade, host, headers: ['Origin', origin] });
      expect(outcomeOf(() => overTls(request))).toBe(outcome);
    }
  });
});

describe('--allow-origin', () => {
  const allowing = createOriginCheck({
    ...OPTIONS,
    allowOrigins: ['https://Evil.Example:443', 'chrome-extension://abc', 'http://[::1]:3000'],
  });

  it.each([
    [evil, 'ok'],
    ['HTTPS://evil.example:443', 'ok'],
    ['chrome-extension://abc', 'ok'],
    ['http://[::1]:3000', 'ok'],
    [own, 'ok'],
    ['http://evil.example', 'ERR_ORIGIN_REFUSED'],
    ['https://evil.example:444', 'ERR_ORIGIN_REFUSED'],
    ['https://evil.example.org', 'ERR_ORIGIN_REFUSED'],
    ['https://sub.evil.example', 'ERR_ORIGIN_REFUSED'],
    ['https://evil.example.', 'ERR_ORIGIN_REFUSED'],
    ['https://evil.example/', 'ERR_ORIGIN_REFUSED'],
    ['https://evil.example https://evil.example', 'ERR_ORIGIN_REFUSED'],
    ['null', 'ERR_ORIGIN_REFUSED'],
  ])('%s gives %s', (origin, outcome) => {
    for (const upgrade of [{}, { upgrade: 'websocket' }]) {
      const request = requestOf({ ...upgrade, headers: ['Origin', origin] });
      expect(outcomeOf(() => allowing(request))).toBe(outcome);
    }
  });

  it.each<[headers: string[], outcome: string]>([
    [['Origin', evil, 'Sec-Fetch-Site', 'cross-site'], 'ok'],
    [['Origin', evil, 'Sec-Fetch-Site', 'same-site'], 'ok'],
    [['Origin', evil, 'Sec-Fetch-Site', 'none'], 'ok'],
    [['Origin', own, 'Sec-Fetch-Site', 'cross-site'], 'ERR_ORIGIN_REFUSED'],
    [['Origin', 'null', 'Sec-Fetch-Site', 'cross-site'], 'ERR_ORIGIN_REFUSED'],
    [['Sec-Fetch-Site', 'cross-site'], 'ERR_ORIGIN_REFUSED'],
    [['Sec-Fetch-Site', 'cross-site', 'Referer', `${evil}/`], 'ERR_ORIGIN_REFUSED'],
    [['Origin', evil, 'Origin', evil], 'ERR_ORIGIN_REFUSED'],
    [['Origin', own, 'Origin', evil], 'ERR_ORIGIN_REFUSED'],
    [
      ['Origin', evil, 'Sec-Fetch-Site', 'none', 'Sec-Fetch-Site', 'cross-site'],
      'ERR_ORIGIN_REFUSED',
    ],
  ])('beside Sec-Fetch-Site: %j gives %s', (headers, outcome) => {
    for (const upgrade of [{}, { upgrade: 'websocket' }]) {
      expect(outcomeOf(() => allowing(requestOf({ ...upgrade, headers })))).toBe(outcome);
    }
  });

  it.each([
    '*',
    'null',
    '',
    'localhost:3000',
    '//localhost:3000',
    'http://',
    'http://a/',
    'http://a/path',
    'http://a?q',
    'http://a#f',
    'http://*',
    'http://*.a',
    'http://user@a',
    'http://user:word@a',
    'http://a:',
    'http://a:0',
    'http://a:65536',
    'http://a b',
    ' http://a',
    'http://a,http://b',
    'http://b\u00fccher',
  ])('%j is a usage error, the check disabled or not', (origin) => {
    for (const disabled of [false, true]) {
      const options = { ...OPTIONS, allowOrigins: ['http://fine', origin], disabled };
      expect(outcomeOf(() => createOriginCheck(options))).toBe('ERR_USAGE');
    }
  });
});

it('disabled, it lets everything through', () => {
  const off = createOriginCheck({ ...OPTIONS, disabled: true });
  for (const headers of [
    ['Origin', evil, 'Sec-Fetch-Site', 'cross-site'],
    ['Origin', evil, 'Origin', own],
  ])
    expect(outcomeOf(() => off(requestOf({ upgrade: 'websocket', headers })))).toBe('ok');
});

describe('X14: the refusal', () => {
  it.each<[headers: string[], sentence: RegExp]>([
    [['Origin', evil], /"https:\/\/evil\.example".* --allow-origin="https:\/\/evil\.example"\.$/],
    [
      ['Origin', evil, 'Sec-Fetch-Site', 'cross-site'],
      /"cross-site".* --allow-origin="https:\/\/evil\.example"\.$/,
    ],
    [['Sec-Fetch-Site', 'same-site'], /"same-site".*use a page that this proxy serves/],
    [['Origin', 'null'], /"null".*use a page that this proxy serves/],
  ])('of %j says what to do', (headers, sentence) => {
    expect(() => check(requestOf({ headers }))).toThrow(sentence);
  });

  it.each(['null', 'http://$(id)', 'http://a`id`', 'http://a" --disable-filter', 'http://a/\\'])(
    'offers no flag for %j, which a shell might run',
    (origin) => {
      expect(() => check(requestOf({ headers: ['Origin', origin] }))).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('--allow-origin=') }),
      );
    },
  );
});
