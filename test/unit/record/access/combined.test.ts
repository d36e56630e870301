import { describe, expect, it } from 'vitest';
import { combinedLine, combinedNote } from '../../../../src/record/access/combined.ts';
import type { ExchangeStart } from '../../../../src/record/exchange-record.ts';
import { endedRecord, newRecord } from '../record.ts';

/** As readers of the format take a line apart (`%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"`). */
const COMBINED =
  /^(\S+) - (\S+) \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}|-) (\d+|-) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"\n$/;

describe('combinedLine', () => {
  it("writes Apache's combined format", () => {
    const record = endedRecord({ query: 'limit=5', clientAddress: '::1', referer: 'http://a/b' });
    expect(combinedLine(record)).toBe(
      '::1 - - [22/Nov/2026:13:05:10 +0000] "GET /api/v1/namespaces/default/pods/web-0?limit=5 HTTP/1.1" 200 2630 "http://a/b" "kubectl/v1.35.2 (linux/amd64) kubernetes/fdc9d74"\n',
    );
  });

  it('writes - for what is not known: a head that could not be read', () => {
    const none: Partial<ExchangeStart> = { method: '', path: '', version: '', clientAddress: '' };
    const record = newRecord({ ...none, userAgent: undefined });
    record.end('refused', 1000);
    expect(combinedLine(record)).toBe('- - - [22/Nov/2026:13:05:10 +0000] "-" - - "-" "-"\n');
  });

  it('names whom the request acts for, else whom the API server takes us for, in one word', () => {
    const record = endedRecord();
    const user = () => combinedLine(record).split(' ')[2];
    record.identity = {
      user: { username: 'CN=Alice Example', groups: [] },
      source: 'client certificate',
    };
    expect(user()).toBe('CN=Alice\\x20Example');
    record.impersonatedUser = 'root [01/Jan/2020:00:00:00 +0000] "GET / HTTP/1.1"';
    expect(combinedLine(record).match(COMBINED)?.[2]).toContain('root\\x20[01/Jan');
    record.impersonatedUser = undefined;
    record.identity = { user: { username: 'system:unknown', groups: [] }, source: 'unknown' };
    expect(user()).toBe('-');
  });

  it.each([
    ['quotes and backslashes', 'a"b\\c', 'a\\"b\\\\c'],
    ['line ends', 'a\r\nb', 'a\\r\\nb'],
    ['other controls', '\b\t\v\x00\x1b\x7f', '\\b\\t\\v\\x00\\x1b\\x7f'],
    ['bytes above ASCII', 'é\x9b\xff', '\\xe9\\x9b\\xff'],
    ['characters above latin1', '\u2028', '\\xe2\\x80\\xa8'],
  ])('escapes as Apache does, wherever a stranger could write it: %s', (_, evil, shown) => {
    const line = combinedLine(
      endedRecord({ path: `/${evil}`, method: `G${evil}`, userAgent: evil, referer: evil }),
    );
    expect(line.slice(0, -1)).toMatch(/^[ -~]*$/);
    expect(line.match(COMBINED)?.slice(4)).toEqual([
      `G${shown} /${shown} HTTP/1.1`,
      '200',
      '2630',
      shown,
      shown,
    ]);
  });

  it('never writes a secret', () => {
    const query = 'limit=5&access_token=CANARY';
    const line = combinedLine(
      endedRecord({ query, referer: `https://me:CANARY@host/x?${query}&code=CANARY` }),
    );
    expect(line).not.toContain('CANARY');
    expect(line).toContain('?limit=5&access_token=*** HTTP/1.1"');
    expect(line).toContain('"https://host/x?limit=5&access_token=***&code=***"');
  });

  it('bounds what a client made long, and stays readable', () => {
    const long = '"'.repeat(100_000);
    const record = endedRecord({ method: long, path: long, query: long, userAgent: long });
    record.impersonatedUser = long;
    const line = combinedLine(record);
    expect(line).toMatch(COMBINED);
    expect(line.length).toBeLessThan(200_000);
    expect(line).toContain('...TRUNCATED');
  });

  it('has a note that readers of the format read too', () => {
    expect(combinedNote('porthole: 5 lines', 0)).toMatch(COMBINED);
  });
});
