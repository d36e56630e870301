import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  type ProxyScript,
  socks5Proxy,
  startForwardProxy,
  takeSocksRequest,
} from '../support/forward-proxy.ts';
import { failure, firstOf, LOGIN, open, PASSWORD, routeTo, USER } from '../support/ways-out.ts';

describe('SOCKS5', () => {
  const TYPES: [string, string, readonly number[]][] = [
    ['a name, which the proxy resolves', 'api.example', [3, 11, ...Buffer.from('api.example')]],
    ['localhost too', 'localhost', [3, 9, ...Buffer.from('localhost')]],
    ['IPv4', '192.0.2.7', [1, 192, 0, 2, 7]],
    ['IPv6', '[2001:db8::ff]', [4, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff]],
    [
      'IPv6 with a gap at its end',
      '[fe80:1::]',
      [4, 0xfe, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ],
    ['IPv4 in the clothes of IPv6', '[::ffff:192.0.2.7]', [1, 192, 0, 2, 7]],
  ];

  it.each(TYPES)('says where to by %s', async (_, host, address) => {
    const proxy = await startForwardProxy(socks5Proxy(1));
    await open(routeTo(`http://${host}:6443`, `socks5://127.0.0.1:${proxy.port}`));
    expect([...(proxy.connections[0]?.said ?? [])]).toEqual([
      5,
      1,
      0,
      5,
      1,
      0,
      ...address,
      0x19,
      0x2b,
    ]);
  });

  it('logs in where the proxy wants it, and only there', async () => {
    const login =
      (method: number): ProxyScript =>
      async (client) => {
        await client.take(4);
        client.send([5, method]);
        if (method === 2) {
          await client.take(3 + USER.length + PASSWORD.length);
          client.send([1, 0]);
        }
        await takeSocksRequest(client);
        client.send([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
      };
    const said = async (method: number): Promise<string> => {
      const proxy = await startForwardProxy(login(method));
      await open(routeTo('http://1.2.3.4', `socks5://${LOGIN}127.0.0.1:${proxy.port}`));
      return proxy.connections[0]?.said.toString('latin1') ?? '';
    };
    const proof = `\x01\x0a${USER}\x0b${PASSWORD}`;
    const request = '\x05\x01\x00\x01\x01\x02\x03\x04\x00\x50';
    expect(await said(2)).toBe(`\x05\x02\x00\x02${proof}${request}`);
    expect(await said(0)).toBe(`\x05\x02\x00\x02${request}`);
  });

  it.each<[string, readonly number[]]>([
    ['IPv4', [1, 1, 2, 3, 4]],
    ['IPv6', [4, ...Array<number>(16).fill(1)]],
    ['a name', [3, 3, 97, 98, 99]],
    ['an empty name', [3, 0]],
  ])('reads a reply with %s to its last byte, and none of what follows', async (_, address) => {
    const proxy = await startForwardProxy(async (client) => {
      await client.take(3);
      client.send([5, 0]);
      await takeSocksRequest(client);
      for (const byte of [5, 0, 0, ...address, 0]) {
        client.send([byte]);
        await new Promise(setImmediate);
      }
      client.send([0x50], 'first');
    });
    const socket = await open(routeTo('http://c', `socks5://127.0.0.1:${proxy.port}`));
    const [bytes] = await once(socket, 'data');
    expect(String(bytes)).toBe('first');
  });

  /** A proxy that says one thing after another, each once something came. */
  const replying =
    (...replies: readonly (readonly number[])[]): ProxyScript =>
    async (client) => {
      for (const reply of replies) {
        await client.take(3);
        client.send(reply);
      }
    };

  const OPENED = [5, 0];
  it.each<[string, readonly number[][], string, RegExp]>([
    [
      'no method',
      [[5, 0xff]],
      '',
      /the proxy wants a user name and password; write them into its URL/,
    ],
    [
      'no method for a login',
      [[5, 0xff]],
      LOGIN,
      /wants another login than user name and password/,
    ],
    ['GSSAPI', [[5, 1]], '', /wants another login than user name and password/],
    ['a login that we did not offer', [[5, 2]], '', /wants another login/],
    [
      'a wrong login',
      [
        [5, 2],
        [1, 1],
      ],
      LOGIN,
      /does not accept the user name and password of its URL/,
    ],
    ['another version', [[4, 0]], '', /does not speak SOCKS5; should its URL begin with http:\/\//],
    ['HTTP', [[0x48, 0x54, 0x54, 0x50]], '', /does not speak SOCKS5/],
    ...(
      [
        [1, 'a general failure'],
        [2, 'its rules do not allow'],
        [3, 'the network is unreachable'],
        [4, 'the host is unreachable'],
        [5, 'the connection is refused there'],
        [6, 'the time to live expired'],
        [7, 'does not support the command'],
        [8, 'does not support this type of address'],
        [9, 'for a reason that SOCKS5 does not know'],
      ] as const
    ).map(([code, words]): [string, number[][], string, RegExp] => [
      `reply ${code}`,
      [OPENED, [5, code]],
      '',
      new RegExp(`the SOCKS5 proxy refused with code ${code}: .*${words}`),
    ]),
    ['a reply of another version', [OPENED, [4, 0, 0, 1]], '', /broke the rules of SOCKS5/],
    ['a reply with an address of no type', [OPENED, [5, 0, 0, 2]], '', /broke the rules of SOCKS5/],
  ])('%s does not open the way', async (_, replies, login, reason) => {
    const proxy = await startForwardProxy(replying(...replies));
    const error = await failure(routeTo('http://c', `socks5://${login}127.0.0.1:${proxy.port}`));
    expect(error.code).toBe('ERR_UPSTREAM_UNREACHABLE');
    expect(error.message).toMatch(
      /^cannot reach the API server at c through the proxy 127[.0-9:]+: /,
    );
    expect(error.message).toMatch(reason);
    await (await firstOf(proxy)).closed;
  });

  it('a proxy that ends in the middle of a reply does not open the way', async () => {
    const proxy = await startForwardProxy(async (client) => {
      await client.take(3);
      client.send([5]);
      client.socket.end();
    });
    const error = await failure(routeTo('http://c', `socks5://127.0.0.1:${proxy.port}`));
    expect(error.message).toMatch(/closed the connection before it opened the way$/);
  });

  const long = 'a'.repeat(256);
  it.each([
    ['a host name', `http://${'a.'.repeat(127)}ab`, ''],
    ['a user name', 'http://c', `${long}:p@`],
    ['a password', 'http://c', `u:${long}@`],
    ['a password of many bytes', 'http://c', `u:${'%C3%A4'.repeat(128)}@`],
    ['no user name', 'http://c', ':p@'],
  ])('%s that does not fit is not sent', async (_, server, login) => {
    const proxy = await startForwardProxy(() => {});
    const error = await failure(routeTo(server, `socks5://${login}127.0.0.1:${proxy.port}`));
    expect(error.message).toMatch(/255 bytes/);
    expect(error.message).not.toContain(long);
    const connection = await firstOf(proxy);
    await connection.closed;
    expect(connection.said).toHaveLength(0);
  });
});
