import { describe, expect, it } from 'vitest';
import { createDoor, type Door, LOGIN_PATH, newToken } from '../../../src/server/door.ts';
import { ask, logIn } from './at-the-door.ts';
import { outcomeOf, requestOf } from './request-of.ts';

const token = newToken();

function doorWith(secure = false): { door: Door; told: string[] } {
  const told: string[] = [];
  const onLogin = (path: string) => told.push(path);
  const options = { token, cookieName: 'porthole-8001', home: '/static/', secure, onLogin };
  return { door: createDoor(options), told };
}

function opens(door: Door, cookie: string): boolean {
  return outcomeOf(() => door.enter(requestOf({ headers: ['Cookie', cookie] }))) === 'ok';
}

describe('a login with the newest code', () => {
  it.each([
    [false, ''],
    [true, '; Secure'],
  ])(
    'over TLS %s sends the browser on with a cookie that is for this host alone',
    (secure, more) => {
      const { door } = doorWith(secure);
      const { heads, ended, status } = ask(door, door.loginPath);
      expect({ status, ended }).toEqual({ status: 303, ended: 1 });
      expect(heads).toEqual([
        {
          status: 303,
          reason: 'See Other',
          fields: expect.any(String),
          framing: { kind: 'length', length: 0 },
        },
      ]);
      expect(heads[0]?.fields.split('\r\n')).toEqual([
        'Location: /static/',
        expect.stringMatching(
          new RegExp(
            `^Set-Cookie: porthole-8001=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict${more}$`,
          ),
        ),
        'Cache-Control: no-store',
        'Referrer-Policy: no-referrer',
        'Content-Length: 0',
        '',
      ]);
    },
  );

  it('opens the door for that browser', () => {
    const { door } = doorWith();
    expect(opens(door, logIn(door))).toBe(true);
  });

  it('uses the code up, and tells the next one', () => {
    const { door, told } = doorWith();
    const first = door.loginPath;
    expect(first).toMatch(/^\/-\/porthole\/login\?token=[\w-]{43}$/);
    expect(told).toEqual([]);
    ask(door, first);
    expect(told).toEqual([door.loginPath]);
    expect(door.loginPath).not.toBe(first);
    expect(outcomeOf(() => ask(door, first))).toBe('ERR_UNAUTHORIZED');
    expect(outcomeOf(() => ask(door, door.loginPath))).toBe('ok');
    expect(told).toHaveLength(2);
  });

  it.each(['none', 'same-origin'])('is answered with Sec-Fetch-Site: %s', (site) => {
    const { door } = doorWith();
    expect(ask(door, door.loginPath, { headers: ['Sec-Fetch-Site', site] }).status).toBe(303);
  });

  it('keeps code, cookie and token apart', () => {
    const { door } = doorWith();
    const code = door.loginPath.slice(`${LOGIN_PATH}?token=`.length);
    const session = logIn(door).slice('porthole-8001='.length);
    expect(new Set([code, session, token]).size).toBe(3);
    expect(outcomeOf(() => ask(door, `${LOGIN_PATH}?token=${token}`))).toBe('ERR_UNAUTHORIZED');
    expect(outcomeOf(() => ask(door, `${LOGIN_PATH}?token=${session}`))).toBe('ERR_UNAUTHORIZED');
    for (const secret of [code, session]) {
      const request = requestOf({ headers: ['Authorization', `Bearer ${secret}`] });
      expect(outcomeOf(() => door.enter(request))).toBe('ERR_UNAUTHORIZED');
    }
  });
});

describe('no login, and the code stays good:', () => {
  it.each<[what: string, path: (good: string) => string]>([
    ['no code', () => LOGIN_PATH],
    ['an empty code', () => `${LOGIN_PATH}?token=`],
    ['another code', () => `${LOGIN_PATH}?token=${newToken()}`],
    ['a shorter code', (good) => good.slice(0, -1)],
    ['a longer code', (good) => `${good}A`],
    ['another key', (good) => good.replace('token', 'Token')],
    ['the code twice', (good) => `${good}&${good.slice(good.indexOf('?') + 1)}`],
    ['a code before the good one', (good) => good.replace('?', '?token=x&')],
  ])('%s', (_, path) => {
    const { door, told } = doorWith();
    const good = door.loginPath;
    expect(outcomeOf(() => ask(door, path(good)))).toBe('ERR_UNAUTHORIZED');
    expect(told).toEqual([]);
    expect(ask(door, good).status).toBe(303);
  });

  it.each(['HEAD', 'POST', 'OPTIONS', 'PUT', 'get'])('the method %s', (method) => {
    const { door, told } = doorWith();
    expect(outcomeOf(() => ask(door, door.loginPath, { method }))).toBe('ERR_UNAUTHORIZED');
    expect(told).toEqual([]);
    expect(ask(door, door.loginPath).status).toBe(303);
  });

  it.each<[sites: string[]]>([[['cross-site']], [['same-site']], [['none', 'cross-site']], [['']]])(
    'from a page elsewhere, Sec-Fetch-Site %j',
    (sites) => {
      const { door, told } = doorWith();
      const headers = sites.flatMap((site) => ['Sec-Fetch-Site', site]);
      const outcome = outcomeOf(() => ask(door, door.loginPath, { headers }));
      expect(outcome).toBe('ERR_ORIGIN_REFUSED');
      expect(told).toEqual([]);
      expect(ask(door, door.loginPath).status).toBe(303);
    },
  );

  it('and the refusal says what to do, without the code', () => {
    const { door } = doorWith();
    const code = newToken();
    expect(() => ask(door, `${LOGIN_PATH}?token=${code}`)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/newest login address/) }),
    );
    expect(() => ask(door, `${LOGIN_PATH}?token=${code}`)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(code) }),
    );
  });
});

it('64 logins are remembered, and the oldest is forgotten for one more', () => {
  const { door } = doorWith();
  const cookies = Array.from({ length: 65 }, () => logIn(door));
  expect(new Set(cookies).size).toBe(65);
  expect(cookies.map((cookie) => opens(door, cookie))).toEqual([
    false,
    ...Array.from({ length: 64 }, () => true),
  ]);
});
