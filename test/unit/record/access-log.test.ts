import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PortholeError } from '../../../src/errors.ts';
import type { AccessLog } from '../../../src/record/access-log.ts';
import { openAccessLog } from '../../../src/record/access-log.ts';
import { endedRecord, newRecord } from './record.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'porthole-log-'));
  file = join(dir, 'access.log');
});
afterEach(() => rmSync(dir, { recursive: true }));

const open = (format: 'pretty' | 'json' | 'off', path = file): AccessLog =>
  openAccessLog({ format, colour: false, file: path, fd: 2 });

/** The lines of the file, without their newlines; the last must have had one. */
function lines(): string[] {
  const all = readFileSync(file, 'utf8').split('\n');
  expect(all.pop()).toBe('');
  return all;
}

describe('openAccessLog', () => {
  it.each(['json', 'pretty'] as const)(
    'shows in %s nothing of a secret that a client wrote somewhere',
    async (format) => {
      const secret = 'Secret+/of/the/door==';
      const log = openAccessLog({ format, colour: false, file, fd: 2, secret });
      const query = `a=${encodeURIComponent(secret)}`;
      log.write(endedRecord({ path: `/${secret}`, query, userAgent: secret }));
      await log.close();
      expect(lines()[0]).toContain('***');
      expect(lines()[0]).not.toMatch(/Secret|of.the.door/);
    },
  );

  it('writes one JSON object per record, level and time as a person reads them', async () => {
    const log = open('json');
    log.write(endedRecord({ query: 'limit=500', kubectlCommand: 'kubectl get' }));
    const failed = newRecord();
    failed.end('upstream-failed', 1001, new PortholeError('ERR_UPSTREAM_TLS', 'unknown authority'));
    log.write(failed);
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
    log.write(endedRecord());
    log.write(endedRecord());
    await log.close();
    expect(lines()).toEqual([
      expect.stringContaining(' pods/default/web-0 '),
      expect.stringContaining(' pods/default/web-0 '),
    ]);
  });

  it('opens and writes nothing when it is off', async () => {
    const log = open('off');
    log.write(endedRecord());
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
    log.write(record);
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

  it.each(['json', 'pretty'] as const)('never writes a secret: %s', async (format) => {
    const log = open(format);
    const record = endedRecord({
      query: 'access_token=CANARY&%74oken=CANARY&password=CANARY&X-Amz-Signature=CANARY',
    });
    // Whatever a later hand hangs on a record stays off the line, because the line is a list of names.
    Object.assign(record, { authorization: 'Bearer CANARY', headers: { cookie: 'CANARY' } });
    log.write(record);
    await log.close();

    expect(lines()).toHaveLength(1);
    expect(readFileSync(file, 'utf8')).not.toContain('CANARY');
  });

  it('begins on a fresh line after a process that was killed in the middle of one', async () => {
    writeFileSync(file, '{"msg":"whole"}\n{"msg":"ha');
    const log = open('json');
    log.write(endedRecord());
    await log.close();

    const [whole, half, ours, ...rest] = lines();
    expect([whole, half]).toEqual(['{"msg":"whole"}', '{"msg":"ha']);
    expect(JSON.parse(ours ?? '')).toMatchObject({ outcome: 'ok' });
    expect(rest).toEqual([]);
  });

  it('writes without being closed, soon', async () => {
    const log = open('json');
    log.write(endedRecord());
    while (readFileSync(file, 'utf8') === '') await sleep(5);
    expect(lines()).toHaveLength(1);
    await log.close();
  });

  it('leaves a descriptor open that it was given', async () => {
    const fd = openSync(file, 'w');
    const log = openAccessLog({ format: 'json', colour: false, file: undefined, fd });
    log.write(endedRecord());
    await log.close();
    writeSync(fd, 'still open\n');
    closeSync(fd);
    expect(lines()).toEqual([expect.stringContaining('"outcome":"ok"'), 'still open']);
  });

  it('counts what is written after its end', async () => {
    const log = open('json');
    log.write(endedRecord());
    await log.close();
    log.write(endedRecord());
    await log.close();
    expect(log.dropped).toBe(1);
    expect(lines()).toHaveLength(1);
  });
});

describe('a log that is held back', () => {
  it('writes nothing until it is let go, then all in order', async () => {
    const log = openAccessLog({ format: 'json', colour: false, file, fd: 2 });
    log.write(endedRecord({ auditID: 'first' }));
    log.hold(true);
    // More than is worth a write before its time.
    for (let i = 0; i < 200; i++) log.write(endedRecord({ auditID: `held-${i}` }));
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
    log.write(endedRecord({ auditID: 'held' }));
    await log.close();
    expect(readFileSync(file, 'utf8')).toContain('"held"');
    expect(log.dropped).toBe(0);
  });
});
