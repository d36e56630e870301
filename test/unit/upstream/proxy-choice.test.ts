import { describe, expect, it } from 'vitest';
import { parseServerAddress } from '../../../src/kubeconfig/server-address.ts';
import { chooseProxy, environmentProxy } from '../../../src/upstream/forward-proxy/choose.ts';
import type { ProxyServer } from '../../../src/upstream/route.ts';

type Env = Readonly<Record<string, string>>;

const choose = (server: string, env: Env, proxyUrl?: string): ProxyServer | undefined =>
  chooseProxy(parseServerAddress(server), proxyUrl, env);

/** `http://proxy:80`, or `direct`. */
const shown = (proxy: ProxyServer | undefined): string =>
  proxy === undefined ? 'direct' : `${proxy.scheme}://${proxy.authority}`;

// The cases of golang.org/x/net/http/httpproxy.
describe('the environment names the proxy', () => {
  it.each<[string, string, string, string]>([
    ['host and port', '127.0.0.1:8080', 'http://c.example', 'http://127.0.0.1:8080'],
    ['a name and port', 'cache.example:1234', 'http://c.example', 'http://cache.example:1234'],
    ['a name', 'cache.example', 'http://c.example', 'http://cache.example:80'],
    ['a name of one label', 'localhost', 'http://c.example', 'http://localhost:80'],
    ['an https URL', 'https://cache.example', 'http://c.example', 'https://cache.example:443'],
    ['an http URL', 'http://127.0.0.1:8080/', 'http://c.example', 'http://127.0.0.1:8080'],
    ['a socks5 URL', 'socks5://127.0.0.1', 'http://c.example', 'socks5://127.0.0.1:1080'],
    ['a socks5h URL', 'socks5h://127.0.0.1', 'http://c.example', 'socks5://127.0.0.1:1080'],
    ['an IPv6 address', 'http://[FD00::1]:3128', 'http://c.example', 'http://[fd00::1]:3128'],
    ['other letters', 'HTTP://Cache.Example:1', 'http://c.example', 'http://cache.example:1'],
    ['another alphabet', 'http://示例.com', 'http://c.example', 'http://xn--fsq092h.com:80'],
    ['more than that', 'http://p:1/path?q#f', 'http://c.example', 'http://p:1'],
  ])('by %s', (_, HTTP_PROXY, server, expected) => {
    expect(shown(choose(server, { HTTP_PROXY }))).toBe(expected);
  });

  const both = { HTTP_PROXY: 'plain', HTTPS_PROXY: 'https://secure' };
  it.each<[string, string, Env, string]>([
    ['for http servers', 'http://c.example', both, 'http://plain:80'],
    ['for https servers', 'https://c.example', both, 'https://secure:443'],
    ['not for https by HTTP_PROXY', 'https://c.example', { HTTP_PROXY: 'plain' }, 'direct'],
    ['not for http by HTTPS_PROXY', 'http://c.example', { HTTPS_PROXY: 'secure' }, 'direct'],
    ['in lower case', 'https://c.example', { https_proxy: 'a' }, 'http://a:80'],
    [
      'upper case first',
      'https://c.example',
      { https_proxy: 'a', HTTPS_PROXY: 'b' },
      'http://b:80',
    ],
    [
      'unless it is empty',
      'https://c.example',
      { https_proxy: 'a', HTTPS_PROXY: '' },
      'http://a:80',
    ],
    ['never by ALL_PROXY', 'https://c.example', { ALL_PROXY: 'a', all_proxy: 'a' }, 'direct'],
    ['not at all', 'https://c.example', {}, 'direct'],
  ])('%s', (_, server, env, expected) => {
    expect(shown(choose(server, env))).toBe(expected);
  });

  it('but HTTP_PROXY is refused under CGI, where a web client sets it', () => {
    const env = { HTTP_PROXY: 'http://10.1.2.3:8080', REQUEST_METHOD: 'GET' };
    expect(() => choose('http://c.example', env)).toThrow(
      expect.objectContaining({
        code: 'ERR_KUBECONFIG',
        message: expect.stringMatching(/HTTP_PROXY is not .*CGI/),
      }),
    );
    const secure = { HTTPS_PROXY: 'secure', REQUEST_METHOD: 'GET' };
    expect(shown(choose('https://c.example', secure))).toBe('http://secure:80');
  });
});

describe('NO_PROXY spares', () => {
  const LIST =
    'foobar.com, .barbaz.net, *.wildcard.io, 192.168.1.1, 192.168.1.2:81, 192.168.1.3:80, 10.0.0.0/30, 2001:db8::52:0:1, [2001:db8::52:0:2]:443, [2001:db8::52:0:3]:80, 2002:db8:a::45/64';
  const SPARED = [
    ['an address', '192.168.1.1'],
    ['an address with its port', '192.168.1.3'],
    ['a range', '10.0.0.2'],
    ['an IPv4 address in the clothes of IPv6', '[::ffff:10.0.0.3]'],
    ['an IPv6 address', '[2001:db8::52:0:1]'],
    ['another spelling of it', '[2001:DB8:0::52:0:1]'],
    ['an IPv6 address with its port', '[2001:db8::52:0:3]'],
    ['an IPv6 range', '[2002:db8:a::123]'],
    ['a subdomain by a dot', 'www.barbaz.net'],
    ['a domain', 'foobar.com'],
    ['its subdomain', 'www.foobar.com'],
    ['a subdomain by *.', 'nested.wildcard.io'],
    ['localhost', 'localhost'],
    ['loopback', '127.0.0.2'],
    ['IPv6 loopback', '[::1]'],
  ];
  const PROXIED = [
    ['IPv6 that is no loopback', '[::2]'],
    ['an address with another port', '192.168.1.2'],
    ['an address that is not there', '192.168.1.4'],
    ['one just outside of a range', '10.0.0.4'],
    ['another IPv6 address', '[2001:db8::52:0:4]'],
    ['an IPv6 address with another port', '[2001:db8::52:0:2]'],
    ['an IPv6 address outside of the range', '[fe80::424b:c8be:1643:a1b6]'],
    ['the domain of a member with a dot', 'barbaz.net'],
    ['a name that ends in the same letters', 'foofoobar.com'],
    ['a part of a member', 'baz.com'],
    ['localhost as a prefix', 'localhost.net'],
    ['localhost as a domain', 'local.localhost'],
    ['a longer first label', 'barbarbaz.net'],
    ['the domain of *.', 'wildcard.io'],
    ['a name that * alone would mean', 'awildcard.io'],
  ];
  const way = (NO_PROXY: string, host: string): string =>
    shown(choose(`http://${host}:80`, { HTTP_PROXY: 'proxy', NO_PROXY }));

  it.each(SPARED)('%s', (_, host) => {
    expect(way(LIST, host)).toBe('direct');
  });

  it.each(PROXIED)('not %s', (_, host) => {
    expect(way(LIST, host)).toBe('http://proxy:80');
  });

  it.each([...SPARED, ...PROXIED])('everything by *, %s too', (_, host) => {
    expect(way('a.example, *', host)).toBe('direct');
  });

  it.each<[string, string, string, boolean]>([
    ['a member in other letters', 'Example.COM', 'example.com', true],
    ['a member of another alphabet', '示例.com', 'www.xn--fsq092h.com', true],
    ['one with a dot', '.示例.com', 'xn--fsq092h.com', false],
    ['all of IPv4', '0.0.0.0/0', '8.8.8.8', true],
    ['but no name by it', '0.0.0.0/0', 'example.com', false],
    ['and no IPv6', '0.0.0.0/0', '[fd00::1]', false],
    ['a range of bits', '10.128.0.0/9', '10.127.0.1', false],
    ['a port without a host', ':80', 'example.com', false],
    ['a range that is none', '10.0.0.0/33', '10.0.0.1', false],
    ['an IPv6 address in brackets alone', '[fd00::1]', '[fd00::1]', false],
    ['an empty member', ' ,,', 'example.com', false],
    ['what only begins as a member', 'example.com/80', 'example.com', false],
  ])('%s', (_, list, host, spared) => {
    expect(way(list, host)).toBe(spared ? 'direct' : 'http://proxy:80');
  });

  it('in lower case too, and says what spared it', () => {
    const env = { https_proxy: 'p', no_proxy: 'a, .Example ' };
    expect(environmentProxy(parseServerAddress('https://c.example'), env)).toEqual({
      variable: 'https_proxy',
      value: 'p',
      unused: 'no_proxy has .Example',
    });
  });

  it('before what names the proxy is read', () => {
    expect(shown(choose('https://c', { HTTPS_PROXY: 'ftp://a', NO_PROXY: 'c' }))).toBe('direct');
  });
});

describe('proxy-url', () => {
  const env = { HTTPS_PROXY: 'other', NO_PROXY: '*', REQUEST_METHOD: 'GET' };
  it.each(['https://c.example', 'https://localhost:6443', 'https://127.0.0.1', 'http://[::1]'])(
    'beats the environment, for %s too',
    (server) => {
      expect(shown(choose(server, env, 'socks5://p'))).toBe('socks5://p:1080');
    },
  );
});

describe('user name and password', () => {
  it.each<[string, string, string, string]>([
    ['both', 'joe:secret', 'joe', 'secret'],
    ['no password', 'joe', 'joe', ''],
    ['an empty password', 'joe:', 'joe', ''],
    ['no name', ':secret', '', 'secret'],
    ['escapes', 'j%40e:a%3Ab%2Fc%25', 'j@e', 'a:b/c%'],
    ['a plus sign, which is one', 'j+e:a+b', 'j+e', 'a+b'],
    ['more colons', 'joe:a:b', 'joe', 'a:b'],
    ['an @ that should be escaped', 'joe:a@b', 'joe', 'a@b'],
    ['another alphabet', 'j%C3%B6:%E7%A4%BA', 'jö', '示'],
  ])('%s', (_, userinfo, username, password) => {
    const proxy = choose('https://c', {}, `http://${userinfo}@p:3128`);
    expect(proxy?.credentials).toEqual({ username, password });
    expect(proxy?.authority).toBe('p:3128');
    expect(choose('https://c', { HTTPS_PROXY: `${userinfo}@p:3128` })?.credentials).toEqual({
      username,
      password,
    });
  });

  it('are none where there are none', () => {
    expect(choose('https://c', {}, 'http://p')?.credentials).toBeUndefined();
  });
});

describe('what can not be read is refused, by its variable and without a word of it', () => {
  it.each([
    ['another scheme', 'ftp://joe:canary@proxy'],
    ['no host', 'http://joe:canary@'],
    ['no host but a port', 'http://joe:canary@:3128'],
    ['a port that is none', 'http://joe:canary@proxy:canary'],
    ['a port out of range', 'http://joe:canary@proxy:65536'],
    ['port 0', 'http://joe:canary@proxy:0'],
    ['an escape that is none', 'http://joe:canary%zz@proxy'],
    ['an escape that is no character', 'http://joe:canary%ff@proxy'],
    ['a slash in the password', 'http://joe:canary/x@proxy'],
    ['IPv6 without brackets', 'http://joe:canary@fd00::1'],
    ['a space', 'http://joe:canary@pro xy'],
    ['a line break', 'http://joe:canary@pro\r\nxy'],
    ['a host with a percent sign', 'http://joe:canary@pro%0d%0axy'],
  ])('%s', (_, value) => {
    for (const attempt of [
      () => choose('https://c', { https_proxy: value }),
      () => choose('https://c', {}, value),
    ]) {
      let thrown: unknown;
      try {
        attempt();
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toMatchObject({
        code: 'ERR_KUBECONFIG',
        message: expect.stringMatching(/^(?:https_proxy|proxy-url) (?!.*canary)(?!.*joe)/),
      });
    }
  });
});
