import { expect, it } from 'vitest';
import { createKlog } from '../../../../src/record/klog/klog.ts';
import { readRequestHead, readResponseHead } from '../../../support/http1.ts';
import { readKlog, valueIn } from '../../../support/klog-lines.ts';
import { newRecord } from '../record.ts';

const HEAD = 'GET /api HTTP/1.1\r\nHost: api\r\n\r\n';

function trailOf(level: number, head = HEAD) {
  const log = { text: '' };
  const klog = createKlog({
    level,
    pid: 1,
    upstream: () => ({ url: 'https://api', dialHost: 'api' }),
    sink: {
      write(line) {
        log.text += line;
      },
    },
  });
  const record = newRecord();
  const trail = klog.begin?.(record, readRequestHead(head));
  return { record, trail, entries: () => readKlog(log.text) };
}

it('does not tell of porthole’s own answer in place of one that it withheld', () => {
  const { record, trail, entries } = trailOf(8);
  trail?.sent?.(HEAD);
  trail?.answered?.(readResponseHead('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'));
  const framing = { kind: 'length', length: 4 } as const;
  trail?.responded?.({ status: 503, reason: 'Service Unavailable', fields: '', framing });
  trail?.responseBody?.(Buffer.from('null'));
  trail?.ended?.(record);
  expect(entries().map(({ message }) => message)).toEqual(['Request', 'Response']);
});

it('tells the time to the microsecond, and of the wall clock', () => {
  const before = Date.now();
  const { trail, entries } = trailOf(7);
  for (let i = 0; i < 1000; i++) trail?.sent?.(HEAD);
  const stamps = entries().map(({ head }) => head.split(' ')[1] ?? '');
  const after = Date.now();
  const millis = stamps.map((stamp) => {
    const [h = 0, m = 0, s = 0] = stamp.split(':').map(Number);
    return new Date(before).setHours(h, m, 0, 0) + s * 1000;
  });
  expect(Math.min(...millis)).toBeGreaterThanOrEqual(before - 1);
  expect(Math.max(...millis)).toBeLessThanOrEqual(after + 1);
  expect(stamps.filter((stamp) => !stamp.endsWith('000')).length).toBeGreaterThan(900);
});

it('counts the connection into the whole time, and the name out of the time to dial', () => {
  const { record, trail, entries } = trailOf(9);
  const times = { reused: false, connectMs: 30, dialMs: 20.9, dnsMs: 5.5, tlsMs: 7, ttfbMs: 3 };
  Object.assign(record, times);
  trail?.sent?.(HEAD);
  trail?.answered?.(readResponseHead('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
  expect(Object.fromEntries(entries().at(-1)?.pairs ?? [])).toMatchObject({
    milliseconds: '33',
    dnsLookupMilliseconds: '5',
    dialMilliseconds: '15',
    tlsHandshakeMilliseconds: '7',
    serverProcessingMilliseconds: '3',
  });
});

it('tells of the body of a request whole, also when the answer overtakes it', () => {
  const head =
    'POST /api HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n';
  const { record, trail, entries } = trailOf(8, head);
  trail?.sent?.(head);
  trail?.requestBody?.(Buffer.from('nu'));
  trail?.answered?.(readResponseHead('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'));
  trail?.requestBody?.(Buffer.from('ll'));
  trail?.ended?.(record);
  const [body, ...others] = entries().filter(({ message }) => message === 'Request Body');
  expect(body && valueIn(body, 'body')).toBe('null');
  expect(others).toEqual([]);
});
