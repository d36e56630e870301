import { describe, expect, it } from 'vitest';
import { DEFAULT_ACCEPT_HOSTS } from '../../../src/server/admit.ts';
import { createHostCheck, parseAuthority } from '../../../src/server/host.ts';
import { compilePatterns, splitPatterns } from '../../../src/server/patterns.ts';
import { outcomeOf } from './request-of.ts';

describe('parseAuthority', () => {
  it.each([
    ['localhost', 'localhost', undefined],
    ['localhost:8085', 'localhost', 8085],
    ['LocalHost:1', 'localhost', 1],
    ['[FE80::1]:65535', '[fe80::1]', 65_535],
    ['[::1]', '[::1]', undefined],
    ['[::ffff:127.0.0.1]', '[::ffff:127.0.0.1]', undefined],
    ['my_host-1.example.', 'my_host-1.example.', undefined],
  ])('reads %s', (text, host, port) => {
    expect(parseAuthority(text)).toEqual({ host, port });
  });
});

describe('the host check with the default patterns', () => {
  const check = createHostCheck(
    compilePatterns('--accept-hosts', splitPatterns(DEFAULT_ACCEPT_HOSTS), { ignoreCase: true }),
  );

  it.each([
    ['H01', 'evil.example', 'ERR_HOST_REFUSED'],
    ['H01', 'localhost.evil.com', 'ERR_HOST_REFUSED'],
    ['H01', '127a0b0c1', 'ERR_HOST_REFUSED'],
    ['H01', 'evillocalhost:8001', 'ERR_HOST_REFUSED'],
    ['H02', 'localhost', 'ok'],
    ['H02', 'localhost:8001', 'ok'],
    ['H02', '127.0.0.1', 'ok'],
    ['H02', '127.0.0.1:8001', 'ok'],
    ['H02', '[::1]', 'ok'],
    ['H02', '[::1]:8001', 'ok'],
    ['H03', 'LOCALHOST:8001', 'ok'],
    ['H04', 'localhost.', 'ERR_HOST_REFUSED'],
    ['H04', '0.0.0.0:8001', 'ERR_HOST_REFUSED'],
    ['H04', '127.0.0.2', 'ERR_HOST_REFUSED'],
    ['H04', '2130706433', 'ERR_HOST_REFUSED'],
    ['H04', '0x7f.1', 'ERR_HOST_REFUSED'],
    ['H04', '127.1', 'ERR_HOST_REFUSED'],
    ['H04', '[::ffff:127.0.0.1]', 'ERR_HOST_REFUSED'],
    ['H05', 'localhost:evil', 'ERR_MALFORMED_REQUEST'],
    ['H05', 'localhost:0', 'ERR_MALFORMED_REQUEST'],
    ['H05', 'localhost:99999', 'ERR_MALFORMED_REQUEST'],
    ['H05', 'localhost:65536', 'ERR_MALFORMED_REQUEST'],
    ['H05', 'localhost:-1', 'ERR_MALFORMED_REQUEST'],
    ['H05', 'localhost:+80', 'ERR_MALFORMED_REQUEST'],
    ['H05', 'localhost:8001:8001', 'ERR_MALFORMED_REQUEST'],
    ['H05', 'localhost:', 'ERR_MALFORMED_REQUEST'],
    ['H05', '[::1]evil', 'ERR_MALFORMED_REQUEST'],
    ['H05', '::1', 'ERR_MALFORMED_REQUEST'],
    ['H06', 'localhost@evil.com', 'ERR_MALFORMED_REQUEST'],
    ['H06', 'evil@localhost', 'ERR_MALFORMED_REQUEST'],
    ['H06', 'localhost/evil', 'ERR_MALFORMED_REQUEST'],
    ['H06', 'localhost, evil', 'ERR_MALFORMED_REQUEST'],
    ['H06', 'localhost,localhost', 'ERR_MALFORMED_REQUEST'],
    ['H06', 'localhost\tevil', 'ERR_MALFORMED_REQUEST'],
    ['H06', 'localhost ', 'ERR_MALFORMED_REQUEST'],
    ['H06', 'localhost\n', 'ERR_MALFORMED_REQUEST'],
    ['H06', 'localhost%00', 'ERR_MALFORMED_REQUEST'],
    ['H08', '', 'ERR_MALFORMED_REQUEST'],
    ['H08', ':8001', 'ERR_MALFORMED_REQUEST'],
    ['H09', 'http://localhost', 'ERR_MALFORMED_REQUEST'],
    ['a letter whose lower case is ASCII', 'loca\u212ahost', 'ERR_MALFORMED_REQUEST'],
  ])('%s: %j gives %s', (_, host, outcome) => {
    expect(outcomeOf(() => check(host))).toBe(outcome);
    expect(outcomeOf(() => check(host))).toBe(outcome);
  });

  it('quotes the host and names the flag', () => {
    expect(() => check('evil.example:8001')).toThrow(/"evil\.example:8001".*--accept-hosts/);
  });
});
