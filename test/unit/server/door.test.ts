import { describe, expect, it } from 'vitest';
import { createDoor } from '../../../src/server/door.ts';
import { inside as insideOf, logIn, refusalOf } from './at-the-door.ts';
import { outcomeOf, requestOf } from './request-of.ts';

// A plus, a slash and a pad, so that no encoding of it is the token itself.
const token = 'Secret+token/0123456789~~=';
const other = 'Other+token/9876543210~~=';
const door = createDoor({
  token,
  cookieName: 'porthole-8001',
  home: '/',
  secure: false,
  onLogin() {},
});
const cookie = logIn(door);
const bearer = `Bearer ${token}`;
const inside = (headers: string[], upgrade?: string) => insideOf(door, headers, upgrade);

function protocolOf(text: string): string {
  return `base64url.bearer.authorization.k8s.io.${Buffer.from(text).toString('base64url')}`;
}

describe('the token', () => {
  it.each([
    ['Authorization', bearer],
    ['AUTHORIZATION', `bearer ${token}`],
    ['authorization', `BEARER    ${token}`],
  ])('in %s: %s opens, and goes no further', (name, value) => {
    expect(inside([name, value, 'Accept', '*/*'])).toEqual(['Accept', '*/*']);
  });

  it.each([
    ['', 'nothing'],
    ['Bearer', 'no token'],
    ['Bearer ', 'an empty token'],
    [token, 'no scheme'],
    [`Bearer${token}`, 'no space'],
    [`Bearer\t${token}`, 'a tab'],
    [`Basic ${token}`, 'another scheme'],
    [`Bearer Bearer ${token}`, 'the scheme twice'],
    [`Bearer ${token}=`, 'a longer one'],
    [`Bearer ${token.slice(0, -1)}`, 'a shorter one'],
    [`Bearer ${token.toLowerCase()}`, 'another case'],
    [`Bearer ${token} x`, 'something behind'],
    [`Bearer ${token}, Bearer ${other}`, 'a list'],
    [`Bearer ${token};`, 'a mark behind'],
    [`Bearer "${token}"`, 'quotes'],
    [`Bearer ${encodeURIComponent(token)}`, 'an escaped one'],
    [`Bearer ${Buffer.from(token).toString('base64')}`, 'an encoded one'],
    [`Bearer ${other}`, 'another one'],
  ])('as %j does not open: %s', (value) => {
    expect(inside(['Authorization', value])).toBe('ERR_UNAUTHORIZED');
  });

  it.each<[what: string, headers: string[]]>([
    ['none', []],
    ['Proxy-Authorization', ['Proxy-Authorization', bearer]],
    ['a name with an underscore', ['X_Authorization', bearer]],
    ['a cookie with the token', ['Cookie', `porthole-8001=${token}`]],
    ['a cookie that looks like the line', ['Cookie', `Authorization=${bearer}`]],
  ])('in no Authorization does not open: %s', (_, headers) => {
    expect(inside(headers)).toBe('ERR_UNAUTHORIZED');
  });

  it.each<[lines: string[]]>([
    [[bearer, bearer]],
    [[bearer, `Bearer ${other}`]],
    [[`Bearer ${other}`, bearer]],
  ])('in one of two lines does not open, with a good cookie neither: %j', (lines) => {
    const headers = lines.flatMap((value) => ['Authorization', value]);
    expect(inside(headers)).toBe('ERR_UNAUTHORIZED');
    expect(inside([...headers, 'Cookie', cookie])).toBe('ERR_UNAUTHORIZED');
  });

  it('nominated in Connection opens, and goes no further', () => {
    const headers = ['Connection', 'authorization', 'Authorization', bearer];
    expect(inside(headers)).toEqual(['Connection', 'authorization']);
  });

  it.each<[what: string, headers: string[]]>([
    ['in a list', ['Authorization', `Bearer ${token}, Bearer ${other}`]],
    ['with a tab', ['Authorization', `Bearer\t${token}`]],
    ['padded', ['Authorization', `Bearer ${token}=`]],
    ['in another field', ['X-Auth-Token', token]],
    ['in a cookie', ['Cookie', `${cookie}; a=${token}`]],
  ])('beside a good cookie is not passed on either: %s', (_, headers) => {
    expect(inside(['Cookie', cookie, ...headers])).toBe('ERR_UNAUTHORIZED');
  });

  it.each(['/x?access_token=', '/'])('escaped in a target behind %s is not passed on', (before) => {
    const request = requestOf({
      target: `${before}${encodeURIComponent(token)}`,
      headers: ['Authorization', bearer],
    });
    expect(outcomeOf(() => door.enter(request))).toBe('ERR_UNAUTHORIZED');
  });

  it('in the target is not passed on', () => {
    const request = requestOf({
      target: `/api?token=${token}`,
      headers: ['Authorization', bearer],
    });
    expect(outcomeOf(() => door.enter(request))).toBe('ERR_UNAUTHORIZED');
  });
});

describe('a WebSocket', () => {
  const upgrade = ['Connection', 'Upgrade', 'Upgrade', 'websocket'];
  const field = 'Sec-WebSocket-Protocol';

  it.each<[value: string, left: string[]]>([
    [`${protocolOf(token)}, v4.channel.k8s.io`, [field, 'v4.channel.k8s.io']],
    [`v4.channel.k8s.io,${protocolOf(token)},a`, [field, 'v4.channel.k8s.io,a']],
    [protocolOf(token), []],
    [`${protocolOf(token)}, ${protocolOf(token)},`, []],
    [`${protocolOf(token)}=, a`, [field, 'a']],
    [`${protocolOf(token).replace('base64url', 'BASE64url')}, a`, [field, 'a']],
    [`${protocolOf(token)}, ${protocolOf(other)}, a`, [field, `${protocolOf(other)}, a`]],
  ])('with our token in %j opens, and %j goes on', (value, left) => {
    expect(inside([field, value], 'websocket')).toEqual([...left, ...upgrade]);
  });

  it('with our token in the second line opens, and the first goes on', () => {
    const headers = [field, 'a', field, protocolOf(token)];
    expect(inside(headers, 'websocket')).toEqual([field, 'a', ...upgrade]);
  });

  it('reads the token as Go does, which does not mind what the last bits are', () => {
    const text = protocolOf(token);
    const last = text.slice(-1);
    const twin = String.fromCharCode(last.charCodeAt(0) + 1);
    const twinToken = `${text.slice(0, -1)}${twin}`;
    expect(Buffer.from(twinToken.slice(38), 'base64url').toString()).toBe(token);
    expect(inside([field, `${twinToken}, a`], 'websocket')).toEqual([field, 'a', ...upgrade]);
  });

  it.each([
    protocolOf(other),
    `${protocolOf(token)}x, v4.channel.k8s.io`,
    protocolOf(''),
    protocolOf(`Bearer ${token}`),
    `base64url.bearer.authorization.k8s.io.${token}`,
    Buffer.from(token).toString('base64url'),
  ])('with %j does not open', (value) => {
    expect(inside([field, value], 'websocket')).toBe('ERR_UNAUTHORIZED');
  });

  it("with our cookie keeps the client's own token", () => {
    const headers = [field, `${protocolOf(other)}, a`, 'Cookie', cookie];
    expect(inside(headers, 'websocket')).toEqual([field, `${protocolOf(other)}, a`, ...upgrade]);
  });
});

describe('the request that goes on', () => {
  it('has its other fields as they came, and all else too', () => {
    const headers = ['X-A', '1', 'x-a', '2', 'Authorization', bearer, 'Impersonate-Group', 'g, h'];
    const request = requestOf({ method: 'POST', target: '/x?y', headers, upgrade: 'SPDY/3.1' });
    const { headers: kept, ...rest } = door.enter(request);
    expect({ ...rest, headers: request.headers }).toEqual(request);
    expect(kept.names).toEqual([
      'Host',
      'X-A',
      'x-a',
      'Impersonate-Group',
      'Connection',
      'Upgrade',
    ]);
    expect(kept.values).toEqual(['localhost:8001', '1', '2', 'g, h', 'Upgrade', 'SPDY/3.1']);
  });

  it('leaves the request that came untouched', () => {
    const request = requestOf({ headers: ['Authorization', bearer] });
    door.enter(request);
    expect(request.headers.get('authorization')).toBe(bearer);
  });
});

describe('the refusal', () => {
  it.each<[headers: string[], start: string]>([
    [[], 'Nothing in this request'],
    [['Cookie', `porthole-8001=${other}`], 'Nothing in this request'],
    [['Authorization', `Bearer ${other}`], 'The Authorization of this request'],
    [
      ['Authorization', bearer, 'Authorization', `Bearer ${other}`],
      'The request has Authorization',
    ],
    [['Authorization', bearer, 'X-Token', token], 'The token of this proxy stands'],
  ])('of %j says how to get in, and no secret', (headers, start) => {
    const { message } = refusalOf(() => door.enter(requestOf({ headers })));
    expect(message).toMatch(
      /^.{10,90}; send .*--require-token or --require-token-file.*"Authorization: Bearer TOKEN".*login address/,
    );
    expect(message.startsWith(start)).toBe(true);
    for (const secret of [token, other]) expect(message).not.toContain(secret);
  });
});
