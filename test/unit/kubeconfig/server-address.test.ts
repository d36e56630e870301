import { describe, expect, it } from 'vitest';
import { parseServerAddress } from '../../../src/kubeconfig/server-address.ts';
import { messageOf } from './support.ts';

describe('parseServerAddress', () => {
  it.each<[string, string, string, number, string, string]>([
    ['https://c.example', 'https', 'c.example', 443, 'c.example', ''],
    ['https://c.example:6443', 'https', 'c.example', 6443, 'c.example:6443', ''],
    ['https://c.example:443', 'https', 'c.example', 443, 'c.example:443', ''],
    ['https://c.example:', 'https', 'c.example', 443, 'c.example', ''],
    ['https://c.example/', 'https', 'c.example', 443, 'c.example', ''],
    ['HTTPS://C.Example', 'https', 'c.example', 443, 'c.example', ''],
    [
      'https://c.example/k8s/clusters/c-1/',
      'https',
      'c.example',
      443,
      'c.example',
      '/k8s/clusters/c-1',
    ],
    ['https://c.example/a%2Fb?x=1#y', 'https', 'c.example', 443, 'c.example', '/a%2Fb'],
    ['https://c.example?x=1', 'https', 'c.example', 443, 'c.example', ''],
    ['http://c.example', 'http', 'c.example', 80, 'c.example', ''],
    ['http://localhost:8080', 'http', 'localhost', 8080, 'localhost:8080', ''],
    ['127.0.0.1:6443', 'http', '127.0.0.1', 6443, '127.0.0.1:6443', ''],
    ['c.example', 'http', 'c.example', 80, 'c.example', ''],
    ['c.example:80/', 'http', 'c.example', 80, 'c.example:80', ''],
    ['https://[::1]:6443', 'https', '::1', 6443, '[::1]:6443', ''],
    ['https://[2001:DB8::1]', 'https', '2001:db8::1', 443, '[2001:db8::1]', ''],
    ['https://127.1:1', 'https', '127.0.0.1', 1, '127.0.0.1:1', ''],
    ['https://c.example.', 'https', 'c.example.', 443, 'c.example.', ''],
    ['https://my_host:65535', 'https', 'my_host', 65535, 'my_host:65535', ''],
  ])('%s', (server, scheme, hostname, port, authority, pathPrefix) => {
    expect(parseServerAddress(server)).toEqual({ scheme, hostname, port, authority, pathPrefix });
  });

  it.each<[string, RegExp]>([
    ['https://', /no valid host and port/],
    ['https:///path', /no valid host and port/],
    ['https://c.example:0', /no valid host and port/],
    ['https://c.example:65536', /no valid host and port/],
    ['https://c.example:port', /no valid host and port/],
    ['https://::1', /no valid host and port/],
    ['https://[::1', /no valid host and port/],
    ['https://[::g]', /no valid host and port/],
    ['https://[fe80::1%25eth0]', /no valid host and port/],
    ['https://256.1.1.1', /no valid host and port/],
    ['https://a%41', /no valid host and port/],
    ['https:c.example', /no valid host and port/],
    [
      'c.example:443/path',
      /host must be a URL or a host:port pair: "c.example:443\/path"; put https/,
    ],
    ['ftp://c.example', /scheme "ftp"; it must be https or http/],
    ['unix:///run/x.sock', /scheme "unix"/],
    ['https://c.example/a b', /space/],
    ['https://c.example/\t', /space/],
    ['https://c.example\\@x', /user information/],
    ['https://c.example\\x', /backslash/],
    ['https://c\r\nX: y', /space/],
    ['https://\u00e9.example', /other character/],
  ])('%j is refused', (server, message) => {
    expect(messageOf(() => parseServerAddress(server))).toMatch(message);
  });

  it.each([
    'https://me:s3cret@c.example',
    'https://s3cret@c.example',
    'me:s3cret@c',
    'ftp://c.example?token=s3cret',
    'c/x?s3cret',
  ])('%s is refused without showing the secret', (server) => {
    expect(messageOf(() => parseServerAddress(server))).not.toContain('s3cret');
  });
});
