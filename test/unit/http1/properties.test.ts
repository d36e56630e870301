import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkedBody } from '../../../src/http1/chunked.ts';
import type { Framing } from '../../../src/http1/message.ts';
import {
  bytesOf,
  cutAt,
  failureOf,
  followPieces,
  readRequestHead,
  readRequests,
  readResponseHead,
} from '../../support/http1.ts';
import { mutationsOf } from '../../support/mutations.ts';
import { REQUEST_CORPUS } from '../../support/request-corpus.ts';

const KEEP = { code: 'ERR_UPSTREAM_MALFORMED', trailers: 'keep' } as const;
const DROP = { code: 'ERR_MALFORMED_REQUEST', trailers: 'drop' } as const;
const READ_FOR_FRAMING = /^(?:host|connection|content-length|transfer-encoding|upgrade)$/i;

const codes = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => String.fromCharCode(from + i));
const VISIBLE = codes(0x21, 0x7e);
const TOKEN = VISIBLE.filter((char) => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(char));

const stringOf = (unit: string[], minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...unit), minLength, maxLength });
const token = stringOf(TOKEN, 1, 32);
const blanks = stringOf([' ', '\t'], 0, 3);
const value = stringOf([...VISIBLE, ...codes(0x80, 0xff), ' ', '\t'], 0, 40).map((text) =>
  text.replace(/^[\t ]+|[\t ]+$/g, ''),
);
const field = fc.record({ name: token, before: blanks, value, after: blanks });
const cuts = (length: number): fc.Arbitrary<number[]> =>
  fc.uniqueArray(fc.nat(length), { maxLength: 8 }).map((list) => list.sort((a, b) => a - b));

const line = (f: { name: string; before: string; value: string; after: string }): string =>
  `${f.name}:${f.before}${f.value}${f.after}\r\n`;

const framing: fc.Arbitrary<[field: string[], Framing]> = fc.oneof(
  fc.constant<[string[], Framing]>([[], { kind: 'none' }]),
  fc.constant<[string[], Framing]>([['Transfer-Encoding', 'chunked'], { kind: 'chunked' }]),
  fc
    .nat({ max: 999_999_999_999_999 })
    .map((length): [string[], Framing] => [
      ['content-LENGTH', String(length)],
      { kind: 'length', length },
    ]),
);

const chunk = fc.record({
  data: stringOf(codes(0, 255), 1, 40),
  zeros: stringOf(['0'], 0, 4),
  upper: fc.boolean(),
  extension: fc.constantFrom('', ';a', ';a=b', ';a="\\";\t"', ';a;b=c'),
});
const chunkedBody = fc
  .record({ chunks: fc.array(chunk), last: chunk, trailers: fc.array(field, { maxLength: 4 }) })
  .map(({ chunks, last, trailers }) => {
    const written = chunks.map(({ data, zeros, upper, extension }) => {
      const size = data.length.toString(16);
      return `${zeros}${upper ? size.toUpperCase() : size}${extension}\r\n${data}\r\n`;
    });
    return {
      data: chunks.map(({ data }) => data).join(''),
      chunks: `${written.join('')}0${last.zeros}${last.extension}\r\n`,
      trailers: trailers.map(line).join(''),
    };
  });

describe('for all messages', () => {
  it('a request head is read as what it was made of', () => {
    const fields = fc.array(field.filter(({ name }) => !READ_FOR_FRAMING.test(name)));
    const parts = {
      method: token.filter((method) => method !== 'CONNECT'),
      target: stringOf(VISIBLE, 0, 60).map((rest) => `/${rest}`),
      host: value,
      before: fields,
      framing,
      after: fields,
    };
    fc.assert(
      fc.property(
        fc.record(parts),
        ({ method, target, host, before, framing: [framed, kind], after }) => {
          const framedBy =
            framed.length === 0
              ? []
              : [{ name: framed[0] ?? '', value: framed[1] ?? '', before: ' ', after: '' }];
          const all = [
            ...before,
            { name: 'hOsT', value: host, before: '', after: '' },
            ...framedBy,
            ...after,
          ];
          const head = readRequestHead(
            `${method} ${target} HTTP/1.1\r\n${all.map(line).join('')}\r\n`,
          );
          expect(head).toMatchObject({ method, target, host, framing: kind, keepAlive: true });
          expect(head.headers.names).toEqual(all.map(({ name }) => name));
          expect(head.headers.values).toEqual(all.map((f) => f.value));
        },
      ),
    );
  });

  it('a chunked body is followed to its last byte, and what comes behind it is left', () => {
    const behind = stringOf(codes(0, 255), 0, 40);
    const input = fc.tuple(chunkedBody, behind).chain(([body, rest]) => {
      const text = `${body.chunks}${body.trailers}\r\n`;
      return fc.record({
        body: fc.constant(body),
        text: fc.constant(text),
        pieces: cuts(text.length + rest.length).map((at) => cutAt(bytesOf(text + rest), at)),
      });
    });
    fc.assert(
      fc.property(input, ({ body, text, pieces }) => {
        let data = '';
        const kept = new ChunkedBody(KEEP, (bytes, from, to) => {
          data += bytes.toString('latin1', from, to);
        });
        expect(followPieces(kept, pieces)).toMatchObject({
          end: text.length,
          passed: text,
          done: true,
        });
        expect(data).toBe(body.data);

        const dropped = followPieces(new ChunkedBody(DROP), pieces);
        expect(dropped).toMatchObject({
          end: text.length,
          done: true,
          cutTrailers: body.trailers !== '',
        });
        const sent = dropped.cutTrailers ? `${dropped.passed}\r\n` : dropped.passed;
        expect(sent).toBe(`${body.chunks}\r\n`);
        expect(followPieces(new ChunkedBody(KEEP), [bytesOf(sent)])).toMatchObject({
          end: sent.length,
          done: true,
        });
      }),
    );
  });

  it('changed requests are read or refused, and alike in one piece and in many', () => {
    const input = mutationsOf(REQUEST_CORPUS.map(([, text]) => text)).chain((text) =>
      fc.tuple(fc.constant(bytesOf(text)), cuts(text.length)),
    );
    fc.assert(
      fc.property(input, ([bytes, at]) => {
        const whole = readRequests([bytes]);
        expect([undefined, 'ERR_MALFORMED_REQUEST', 'ERR_METHOD_NOT_ALLOWED']).toContain(
          whole.refused,
        );
        expect(readRequests(cutAt(bytes, at))).toEqual(whole);
      }),
      { numRuns: 1000 },
    );
  });

  it('changed responses are read or refused', () => {
    const seeds = [
      'Content-Length: 5',
      'Transfer-Encoding: chunked',
      'Connection: Upgrade\r\nUpgrade: x',
    ];
    const heads = mutationsOf(seeds.map((fields) => `HTTP/1.1 200 OK\r\nA: 1\r\n${fields}`));
    fc.assert(
      fc.property(heads, fc.constantFrom('GET', 'HEAD'), (head, method) => {
        const text = `${head.replace(/(?:\r\n){2,}/g, '\r\n')}\r\n\r\n`;
        fc.pre(text.indexOf('\r\n\r\n') === text.length - 4);
        const refused = failureOf(() => readResponseHead(text, method));
        expect([undefined, 'ERR_UPSTREAM_MALFORMED']).toContain(refused);
      }),
      { numRuns: 1000 },
    );
  });
});
