import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { logFields, logLevel } from '../../../../src/record/access/fields.ts';
import { jsonFormat } from '../../../../src/record/access/formats.ts';
import type { ExchangeRecord } from '../../../../src/record/exchange-record.ts';
import { escapeControls } from '../../../../src/record/json/json-text.ts';
import { endedRecord, newRecord } from '../record.ts';

/** What pino makes of a record: the word on what a line is. */
function pinoLine(record: ExchangeRecord): string {
  let written = '';
  const logger = pino(
    { base: null, timestamp: false, formatters: { level: (label) => ({ level: label }) } },
    { write: (line: string) => (written += escapeControls(line)) },
  );
  logger[logLevel(record)](logFields(record));
  // Before Node 25, pino leaves half of a pair in a short text as it is; in long ones, and since then, it escapes it.
  return written.replace(/\p{Cs}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`);
}

/** The one line that is written of a record, and whether it was put together by hand. */
function written(record: ExchangeRecord): { line: string; isByHand: boolean } {
  const lines: { line: string; isByHand: boolean }[] = [];
  jsonFormat({
    write: (line) => lines.push({ line, isByHand: false }),
    writeAscii: (bytes, length) =>
      lines.push({ line: bytes.toString('latin1', 0, length), isByHand: true }),
  }).write(record);
  expect(lines).toHaveLength(1);
  return lines[0] ?? { line: '', isByHand: false };
}

const utf16 = fc
  .array(fc.nat(0xffff), { maxLength: 130 })
  .map((units) => String.fromCharCode(...units));
const plain = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)),
});
const hostile = fc.oneof(
  utf16,
  fc.constantFrom('"', '\\', '\x7f', '\x1f', '\x80', '\u2028', '\ud800', 'é', '\ud83d\ude00', '\n'),
  fc
    .tuple(utf16, fc.constantFrom(1023, 1024, 1025, 8192, 8193, 100_000))
    .map(([text, length]) => text.padEnd(length, 'x')),
);
const word = fc.constantFrom(
  '',
  'get',
  'pods',
  'web-0',
  'kubectl/v1.35.2 (linux/amd64)',
  'x'.repeat(1024),
);
const text = fc.oneof(
  { weight: 40, arbitrary: word },
  { weight: 3, arbitrary: plain },
  { weight: 1, arbitrary: hostile },
);
const anyNumber = fc.oneof(
  fc.double(),
  fc.constantFrom(
    -0,
    -1,
    -0.0001,
    0.0005,
    2 ** 31 - 1,
    2 ** 31,
    2_147_483.647,
    2_147_483.6475,
    1e21,
    NaN,
    Infinity,
  ),
);
const whole = fc.oneof({ weight: 40, arbitrary: fc.nat() }, { weight: 1, arbitrary: anyNumber });
const ms = fc.oneof(
  { weight: 40, arbitrary: fc.double({ min: 0, max: 100_000, noNaN: true }) },
  { weight: 10, arbitrary: fc.nat(10_000_000).map((micros) => micros / 1000) },
  { weight: 1, arbitrary: anyNumber },
);
const moment = fc.oneof(
  { weight: 10, arbitrary: fc.integer({ min: 1.79e12, max: 1.79e12 + 5000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -8.64e15, max: 8.64e15 }) },
  { weight: 1, arbitrary: fc.double({ min: -8.64e15, max: 8.64e15, noNaN: true }) },
);
const perhaps = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });

const record = fc
  .record({
    ...{ auditID: text, time: moment, method: text, path: text, query: text },
    ...{ clientAddress: text, userAgent: perhaps(text) },
    ...{ kubectlCommand: perhaps(text), kubectlSession: perhaps(text) },
    ...{ verb: text, apiGroup: text, apiVersion: text, resource: text, subresource: text },
    ...{ namespace: text, name: text, status: perhaps(whole) },
    ...{ authMs: perhaps(ms), connectMs: perhaps(ms), dialMs: perhaps(ms), dnsMs: perhaps(ms) },
    ...{ tlsMs: perhaps(ms), ttfbMs: perhaps(ms), bytesIn: whole, bytesOut: whole },
    ...{ events: perhaps(whole), reused: perhaps(fc.boolean()), replayed: perhaps(fc.boolean()) },
    ...{ impersonatedUser: perhaps(text), upgrade: perhaps(text), durationMs: ms },
    identity: perhaps(
      fc.record({
        source: fc.constantFrom('kubeconfig', 'unknown'),
        user: fc.record({ username: text, groups: fc.constant([]) }),
      }),
    ),
    outcome: fc.constantFrom(
      ...['ok', 'refused', 'client-gone', 'upstream-failed', 'upstream-aborted', 'stopped'],
    ),
    errorCode: perhaps(fc.constantFrom('ERR_INTERNAL', 'ERR_ADMIT')),
    error: perhaps(text),
  })
  .map((fields) => Object.assign(newRecord(), fields) as ExchangeRecord);

describe('a JSON line that is put together by hand', () => {
  it("is pino's to the byte, whatever is in the record", () => {
    fc.assert(
      fc.property(record, (made) => {
        const { line, isByHand } = written(made);
        expect(line).toBe(pinoLine(made));
        if (isByHand) expect(line).toMatch(/^[ -~]*\n$/);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['an ordinary request', endedRecord()],
    [
      'a path and a query that are masked',
      endedRecord({ path: '/a;token=x', query: 'token=x&a=b' }),
    ],
    ['one with as much of each text as a line shows', fullRecord('x'.repeat(1024))],
  ])('is made of %s', (_, made) => {
    expect(written(made)).toEqual({ line: pinoLine(made), isByHand: true });
  });

  it.each([
    ['a text that JSON escapes', endedRecord({ userAgent: 'a "b"' })],
    ['a text above ASCII', endedRecord({ userAgent: 'é' })],
    ['a text that is cut', endedRecord({ userAgent: 'x'.repeat(1025) })],
    ['more bytes than 31 bits count', Object.assign(endedRecord(), { bytesOut: 2 ** 31 })],
    ['a stream that was opened', newRecord()],
  ])('is left to JSON.stringify for %s', (_, made) => {
    expect(written(made)).toEqual({ line: pinoLine(made), isByHand: false });
  });
});

/** All that a line can hold, each at its longest. */
function fullRecord(longest: string): ExchangeRecord {
  const made = endedRecord();
  for (const name of Object.keys(made) as (keyof ExchangeRecord)[])
    if (typeof made[name] === 'string' || made[name] === undefined)
      Object.assign(made, { [name]: longest });
  const ms = 2_147_483.647;
  return Object.assign(made, {
    ...{ status: 2 ** 31 - 1, bytesIn: 2 ** 31 - 1, bytesOut: 2 ** 31 - 1, events: 2 ** 31 - 1 },
    ...{ durationMs: ms, authMs: ms, connectMs: ms, dialMs: ms, dnsMs: ms, tlsMs: ms, ttfbMs: ms },
    ...{ reused: false, replayed: false, outcome: 'client-gone', errorCode: 'ERR_INTERNAL' },
    identity: { source: 'kubeconfig', user: { username: longest, groups: [] } },
  });
}
