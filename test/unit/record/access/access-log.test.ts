import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PortholeError } from '../../../../src/errors.ts';
import { HeaderList } from '../../../../src/http1/header-list.ts';
import type { Framing, RequestHead } from '../../../../src/http1/message.ts';
import type { AccessLog } from '../../../../src/record/access/access-log.ts';
import { openAccessLog } from '../../../../src/record/access/access-log.ts';
import { prettyLine } from '../../../../src/record/access/pretty.ts';
import type { ExchangeRecord } from '../../../../src/record/exchange-record.ts';
import { endedRecord, newRecord } from '../record.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'porthole-log-'));
  file = join(dir, 'access.log');
});
afterEach(() => rmSync(dir, { recursive: true }));

const open = (format: 'pretty' | 'json' | 'combined' | 'off', path = file): AccessLog =>
  openAccessLog({ format, colour: false, file: path, fd: 2 });

/** The lines of the file, without their newlines; the last must have had one. */
function lines(): string[] {
  const all = readFileSync(file, 'utf8').split('\n');
  expect(all.pop()).toBe('');
  return all;
}

describe('openAccessLog', () => {
  it.each(['json', 'pretty', 'combined'] as const)(
    'shows in %s nothing of a secret that a client wrote somewhere',
    async (format) => {
      const secret = 'Secret+/of/the/door==';
      const log = openAccessLog({ format, colour: false, file, fd: 2, secret });
      const query = `a=${encodeURIComponent(secret)}`;
      log.ended(endedRecord({ path: `/${secret}`, query, userAgent: secret }));
      await log.close();
      expect(lines()[0]).toContain('***');
      expect(lines()[0]).not.toMatch(/Secret|of.the.door/);
    },
  );

  it('writes one JSON object per record, level and time as a person reads them', async () => {
    const log = open('json');
    log.ended(endedRecord({ query: 'limit=500', kubectlCommand: 'kubectl get' }));
    const failed = newRecord();
    failed.end('upstream-failed', 1001, new PortholeError('ERR_UPSTREAM_TLS', 'unknown authority'));
    log.ended(failed);
    await log.close();

    const [first, second] = lines().map((line) => JSON.parse(line));
    expect(first).toEqual({
      level: 'info',
      time: '2026-11-22T13:05:10.885Z',
      msg: 'request completed',
      auditID: '6f1f4c3e-1f7a-4b8e-9d2c-0123456789ab',
      method: 'GET',
      path: '/api/v1/namespaces/default/pods/web-0',
      query: 'limit=500',
      status: 200,
      verb: 'get',
      apiVersion: 'v1',
      resource: 'pods',
      namespace: 'default',
      name: 'web-0',
      durationMs: 12.346,
      authMs: 0.012,
      connectMs: 0,
      ttfbMs: 8.1,
      bytesIn: 0,
      bytesOut: 2630,
      reused: true,
      clientAddress: '127.0.0.1:43210',
      userAgent: 'kubectl/v1.35.2 (linux/amd64) kubernetes/fdc9d74',
      kubectlCommand: 'kubectl get',
      outcome: 'ok',
    });
    expect(second).toMatchObject({
      level: 'error',
      errorCode: 'ERR_UPSTREAM_TLS',
      error: 'unknown authority',
    });
  });

  it('writes pretty lines too', async () => {
    const log = open('pretty');
    log.ended(endedRecord());
    log.ended(endedRecord());
    await log.close();
    expect(lines()).toEqual([
      expect.stringContaining(' pods/default/web-0 '),
      expect.stringContaining(' pods/default/web-0 '),
    ]);
  });

  it("writes Apache's combined lines", async () => {
    const log = open('combined');
    log.ended(endedRecord());
    await log.close();
    expect(lines()).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:43210 - - \[.* HTTP\/1\.1" 200 /),
    ]);
  });

  it('lays pretty lines out for the terminal as it is at that moment', async () => {
    let columns: number | undefined = 80;
    const log = openAccessLog({
      ...{ format: 'pretty', colour: false, file, fd: 2 },
      columns: () => columns,
    });
    for (columns of [80, 200, undefined]) log.ended(endedRecord());
    await log.close();
    expect(lines()).toEqual(
      [80, 200, undefined].map((width) => prettyLine(endedRecord(), false, width).trimEnd()),
    );
  });

  it('goes on in a new file once it is told that the old one was moved', async () => {
    const log = open('json');
    log.ended(endedRecord({ auditID: 'before' }));
    await expect.poll(() => readFileSync(file, 'utf8')).toContain('before');
    renameSync(file, `${file}.1`);
    log.reopen();
    log.ended(endedRecord({ auditID: 'after' }));
    await log.close();
    expect(lines()).toEqual([expect.stringContaining('"after"')]);
    expect(readFileSync(`${file}.1`, 'utf8')).toContain('"before"');
  });

  it('opens and writes nothing when it is off', async () => {
    const log = open('off');
    log.ended(endedRecord());
    await log.close();
    expect(existsSync(file)).toBe(false);
    expect(log.dropped).toBe(0);
  });

  it.each([
    ['a forged line', '/\n{"level":30,"msg":"forged"}\r\n'],
    ['escape sequences', '/\x1b[2J\x1b]8;;http://evil\x07'],
    ['C1 and DEL', '/\x9b2J\x7f\x85'],
    ['line separators', '/\u2028x\u2029'],
    ['quotes and backslashes', '/"\\"\\u0041\\'],
    ['NUL', '/\0'],
    ['bytes above ASCII', '/\xff\xfe\xe9'],
    ['more than 100 characters', `/${'\n"\u2028\x9b'.repeat(100)}`],
  ])('keeps one line per record and its value: %s', async (_, evil) => {
    const log = open('json');
    const record = endedRecord({ path: evil, query: evil, userAgent: evil, method: evil });
    record.name = evil;
    log.ended(record);
    await log.close();

    const written = lines();
    expect(written).toHaveLength(1);
    expect(written[0]).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
    expect(JSON.parse(written[0] ?? '')).toMatchObject({
      path: evil,
      query: evil,
      userAgent: evil,
      method: evil,
      name: evil,
    });
  });

  it.each(['json', 'pretty', 'combined'] as const)('never writes a secret: %s', async (format) => {
    const log = open(format);
    const record = endedRecord({
      query: 'access_token=CANARY&%74oken=CANARY&password=CANARY&X-Amz-Signature=CANARY',
    });
    // Whatever a later hand hangs on a record stays off the line, because the line is a list of names.
    Object.assign(record, { authorization: 'Bearer CANARY', headers: { cookie: 'CANARY' } });
    log.ended(record);
    await log.close();

    expect(lines()).toHaveLength(1);
    expect(readFileSync(file, 'utf8')).not.toContain('CANARY');
  });

  it('begins on a fresh line after a process that was killed in the middle of one', async () => {
    writeFileSync(file, '{"msg":"whole"}\n{"msg":"ha');
    const log = open('json');
    log.ended(endedRecord());
    await log.close();

    const [whole, half, ours, ...rest] = lines();
    expect([whole, half]).toEqual(['{"msg":"whole"}', '{"msg":"ha']);
    expect(JSON.parse(ours ?? '')).toMatchObject({ outcome: 'ok' });
    expect(rest).toEqual([]);
  });

  it('writes without being closed, soon', async () => {
    const log = open('json');
    log.ended(endedRecord());
    while (readFileSync(file, 'utf8') === '') await sleep(5);
    expect(lines()).toHaveLength(1);
    await log.close();
  });

  it('leaves a descriptor open that it was given', async () => {
    const fd = openSync(file, 'w');
    const log = openAccessLog({ format: 'json', colour: false, file: undefined, fd });
    log.ended(endedRecord());
    await log.close();
    writeSync(fd, 'still open\n');
    closeSync(fd);
    expect(lines()).toEqual([expect.stringContaining('"outcome":"ok"'), 'still open']);
  });

  it('counts what is written after its end', async () => {
    const log = open('json');
    log.ended(endedRecord());
    await log.close();
    log.ended(endedRecord());
    await log.close();
    expect(log.dropped).toBe(1);
    expect(lines()).toHaveLength(1);
  });
});

describe('a log that is held back', () => {
  it('writes nothing until it is let go, then all in order', async () => {
    const log = openAccessLog({ format: 'json', colour: false, file, fd: 2 });
    log.ended(endedRecord({ auditID: 'first' }));
    log.hold(true);
    // More than is worth a write before its time.
    for (let i = 0; i < 200; i++) log.ended(endedRecord({ auditID: `held-${i}` }));
    await sleep(150);
    expect(readFileSync(file, 'utf8')).toBe('');
    log.hold(false);
    await expect.poll(() => readFileSync(file, 'utf8')).toContain('held-199');
    const seen = [...readFileSync(file, 'utf8').matchAll(/"(first|held-\d+)"/g)].map((m) => m[1]);
    expect(seen).toEqual(['first', ...Array.from({ length: 200 }, (_, i) => `held-${i}`)]);
    await log.close();
  });

  it('writes what it has when it is closed', async () => {
    const log = openAccessLog({ format: 'json', colour: false, file, fd: 2 });
    log.hold(true);
    log.ended(endedRecord({ auditID: 'held' }));
    await log.close();
    expect(readFileSync(file, 'utf8')).toContain('"held"');
    expect(log.dropped).toBe(0);
  });
});

describe('the lines of a watch or a tunnel', () => {
  const CHUNKED: Framing = { kind: 'chunked' };

  /** A request whose answer begins, and ends. */
  function exchange(
    log: AccessLog,
    record: ExchangeRecord,
    { status = 200, framing = CHUNKED, upgrade = undefined as string | undefined } = {},
  ): void {
    const request = { headers: new HeaderList(), upgrade } as RequestHead;
    const trail = log.begin?.(record, request);
    record.status = status;
    trail?.responded?.({ status, reason: '', fields: '', framing });
    trail?.ended?.(record);
    record.end('client-gone', 2000);
    log.ended(record);
  }

  const watching = (): ExchangeRecord =>
    Object.assign(newRecord(), { verb: 'watch', longRunning: true });

  it('are one when it opens and one when it ends, which alone has an outcome', async () => {
    const log = open('json');
    exchange(log, watching());
    exchange(log, newRecord(), { status: 101, framing: { kind: 'none' }, upgrade: 'websocket' });
    await log.close();
    const written = lines().map((line) => JSON.parse(line));
    expect(written.map(({ msg, status, outcome }) => [msg, status, outcome])).toEqual([
      ['stream opened', 200, undefined],
      ['client gone before the end', 200, 'client-gone'],
      ['stream opened', 101, undefined],
      ['client gone before the end', 101, 'client-gone'],
    ]);
  });

  it('are two on a terminal, behind what was held of the same client', async () => {
    const log = openAccessLog({ format: 'pretty', colour: false, file, fd: 2, fold: true });
    for (const path of ['/api', '/apis']) log.ended(discovery(path));
    exchange(log, watching());
    await log.close();
    expect(lines()).toEqual([
      expect.stringContaining(' discovery x2 '),
      expect.stringContaining(' opened '),
      expect.stringContaining(' client-gone'),
    ]);
  });

  it.each([
    ['a watch that was refused', watching, { status: 403 }],
    ['a proxied answer whose end is known', watching, { framing: { kind: 'length', length: 5 } }],
    ['a page of a workload', () => Object.assign(watching(), { subresource: 'proxy' }), {}],
    ['an upgrade that was not made', newRecord, { upgrade: 'websocket' }],
    ['an ordinary request', newRecord, {}],
  ] as const)('are one for %s', async (_, record, differing) => {
    const log = open('json');
    exchange(log, record(), differing);
    await log.close();
    expect(lines()).toHaveLength(1);
  });

  it('are one in combined, which knows only ends', async () => {
    const log = open('combined');
    exchange(log, watching());
    await log.close();
    expect(lines()).toHaveLength(1);
  });
});

describe('an access log that folds', () => {
  const open = () =>
    openAccessLog({ format: 'pretty', colour: false, file, fd: 2, fold: true, apiPrefix: '/k8s/' });

  it('writes what it has folded when it is held, and when it is closed', async () => {
    const log = open();
    for (const path of ['/k8s/api', '/k8s/apis']) log.ended(discovery(path));
    log.hold(true);
    for (const path of ['/k8s/api', '/k8s/apis', '/k8s/version']) log.ended(discovery(path));
    await log.close();
    expect(lines()).toEqual([
      expect.stringMatching(/ 200 get +discovery x2 .* kubectl\/v1\.35\.2$/),
      expect.stringContaining(' discovery x3 '),
    ]);
  });

  it('folds nothing in other formats', async () => {
    const log = openAccessLog({ format: 'json', colour: false, file, fd: 2, fold: true });
    for (const path of ['/api', '/apis']) log.ended(discovery(path));
    await log.close();
    expect(lines()).toHaveLength(2);
  });
});

function discovery(path: string): ExchangeRecord {
  const record = newRecord({ path });
  record.status = 200;
  record.end('ok', 1010);
  return record;
}
