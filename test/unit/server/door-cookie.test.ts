import { describe, expect, it } from 'vitest';
import { createDoor, newToken } from '../../../src/server/door.ts';
import { inside as insideOf, logIn } from './at-the-door.ts';
import { outcomeOf, requestOf } from './request-of.ts';

const token = newToken();
const door = createDoor({
  token,
  cookieName: 'porthole-8001',
  home: '/',
  secure: false,
  onLogin() {},
});
const cookie = logIn(door);
const bearer = `Bearer ${token}`;
const inside = (headers: string[]) => insideOf(door, headers);

describe('the cookie', () => {
  const stale = `porthole-8001=${newToken()}`;

  it.each<[value: string, left: string[]]>([
    [cookie, []],
    [`${cookie};`, []],
    [` ; ${cookie} ; `, []],
    [`${cookie}; ${cookie}`, []],
    [`${stale}; ${cookie}`, []],
    [`${cookie}; ${stale}`, []],
    [cookie.replace('=', ' = '), []],
    [`a=1; ${cookie}`, ['Cookie', 'a=1']],
    [`porthole-8001x; ${cookie}`, ['Cookie', 'porthole-8001x']],
    [`${cookie}; b="x y";c`, ['Cookie', 'b="x y";c']],
    [`a=1;  ${cookie};b==2 ;  c=3`, ['Cookie', 'a=1;b==2 ;  c=3']],
    [
      `xporthole-8001=1; ${cookie}; porthole-80011=2`,
      ['Cookie', 'xporthole-8001=1; porthole-80011=2'],
    ],
    [`porthole-8002=x; PORTHOLE-8001=y; ${cookie}`, ['Cookie', 'porthole-8002=x; PORTHOLE-8001=y']],
  ])('in %j opens, and of the line %j goes on', (value, left) => {
    expect(inside(['Accept', '*/*', 'Cookie', value])).toEqual(['Accept', '*/*', ...left]);
  });

  it('opens in any of several lines, and goes on in none', () => {
    const headers = [
      'Cookie',
      stale,
      'cookie',
      `a=1; ${cookie}`,
      'COOKIE',
      cookie,
      'Cookie',
      'b=2',
    ];
    expect(inside(headers)).toEqual(['cookie', 'a=1', 'Cookie', 'b=2']);
  });

  it('nominated in Connection opens, and goes no further', () => {
    const headers = ['Connection', 'cookie', 'Cookie', cookie];
    expect(inside(headers)).toEqual(['Connection', 'cookie']);
  });

  it.each([
    stale,
    'porthole-8001=',
    'porthole-8001',
    cookie.replace('=', ''),
    cookie.slice(0, -1),
    `${cookie}x`,
    cookie.replace('=', '=='),
    cookie.replace('=', '="').concat('"'),
    cookie.replace('8001', '8002'),
    cookie.replace('porthole', 'Porthole'),
    cookie.replace('=', '%3D'),
    `a="; ${cookie.replace('-8001', '')}"`,
    `a,${cookie}`,
  ])('as %j does not open', (value) => {
    expect(inside(['Cookie', value])).toBe('ERR_UNAUTHORIZED');
  });

  it('is taken off beside the token too, stale or not', () => {
    const headers = ['Authorization', bearer, 'Cookie', `${stale}; a=1`, 'Cookie', cookie];
    expect(inside(headers)).toEqual(['Cookie', 'a=1']);
  });

  it.each(['Bearer cluster-token-of-the-client', 'Basic YTpi', 'Negotiate x, y="z"', ''])(
    "lets the client's own Authorization %j through as it is",
    (value) => {
      expect(inside(['authorization', value, 'Cookie', cookie])).toEqual(['authorization', value]);
    },
  );

  it('of another door does not open', () => {
    const next = createDoor({
      token,
      cookieName: 'porthole-8001',
      home: '/',
      secure: false,
      onLogin() {},
    });
    const request = requestOf({ headers: ['Cookie', cookie] });
    expect(outcomeOf(() => next.enter(request))).toBe('ERR_UNAUTHORIZED');
  });
});
