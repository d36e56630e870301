// Probes of a public suite for request smuggling that the tables of framing-*.test.ts do not have; the bytes are ours.
import { describe, it } from 'vitest';
import { request } from '../support/raw-client.ts';
import { get, post } from '../support/request-hazards.ts';
import { BEHIND, chunk, END, EVIL, expectForwarded, expectJudged, expectRefused } from './exact.ts';

const TE = 'Transfer-Encoding: chunked';
const EMPTY_THEN_EVIL = END + EVIL;
const ALL = EMPTY_THEN_EVIL.length;
const EVIL_HEAD = EVIL.replace('GET', 'HEAD');
/** A chunk whose size line alone is within the length. */
const SIZE_LINE = `${EVIL.length.toString(16)}\r\n`;

describe('lengths and codings that contradict', () => {
  it.each([
    ['SMUG-TE-CASE-MISMATCH', 'Content-Length: 5\r\nTransfer-Encoding: Chunked', BEHIND],
    ['SMUG-CLTE-PIPELINE', `Content-Length: 4\r\n${TE}`, EMPTY_THEN_EVIL],
    ['SMUG-CLTE-DESYNC', `Content-Length: 6\r\n${TE}`, `${END}G${EVIL}`],
    ['SMUG-CLTE-SMUGGLED-GET', `Content-Length: ${ALL}\r\n${TE}`, EMPTY_THEN_EVIL],
    ['SMUG-CLTE-SMUGGLED-HEAD', `Content-Length: ${ALL}\r\n${TE}`, END + EVIL_HEAD],
    ['SMUG-CLTE-SMUGGLED-GET-CL-PLUS', `Content-Length: +${ALL}\r\n${TE}`, EMPTY_THEN_EVIL],
    ['SMUG-CLTE-SMUGGLED-GET-CL-NON-NUMERIC', `Content-Length: ${ALL}a\r\n${TE}`, EMPTY_THEN_EVIL],
    [
      'SMUG-CLTE-SMUGGLED-GET-TE-OBS-FOLD',
      `Content-Length: ${ALL}\r\nTransfer-Encoding:\r\n chunked`,
      EMPTY_THEN_EVIL,
    ],
    [
      'SMUG-CLTE-SMUGGLED-GET-TE-TRAILING-SPACE',
      `Content-Length: ${ALL}\r\n${TE} `,
      EMPTY_THEN_EVIL,
    ],
    [
      'SMUG-CLTE-SMUGGLED-GET-TE-LEADING-COMMA',
      `Content-Length: ${ALL}\r\nTransfer-Encoding: , chunked`,
      EMPTY_THEN_EVIL,
    ],
    ['SMUG-TECL-PIPELINE', `${TE}\r\nContent-Length: 30`, EMPTY_THEN_EVIL],
    ['SMUG-TECL-CONN-CLOSE', `${TE}\r\nContent-Length: 5\r\nConnection: close`, END + EVIL],
    [
      'SMUG-TECL-SMUGGLED-GET',
      `${TE}\r\nContent-Length: ${SIZE_LINE.length}`,
      `${SIZE_LINE}${EVIL}\r\n${END}`,
    ],
    [
      'SMUG-TE-DUPLICATE-HEADERS-SMUGGLED-GET',
      `${TE}\r\nTransfer-Encoding: identity\r\nContent-Length: ${ALL}`,
      EMPTY_THEN_EVIL,
    ],
    [
      'SMUG-DUPLICATE-CL-SMUGGLED-GET',
      `Content-Length: 5\r\nContent-Length: ${5 + EVIL.length}`,
      `hello${EVIL}`,
    ],
  ])('%s', (_, fields, body) => expectRefused(post(fields) + body));
});

describe('one reading', () => {
  const HELLO = chunk('hello') + END;
  it.each([
    ['SMUG-CL-TRAILING-SPACE', 'Content-Length: 5 ', 'hello', 'Content-Length: 5'],
    ['SMUG-CL-EXTRA-LEADING-SP', 'Content-Length:  5', 'hello', 'Content-Length: 5'],
    ['MAL-CL-TAB-BEFORE-VALUE', 'Content-Length:\t5', 'hello', 'Content-Length: 5'],
    ['SMUG-TE-TRAILING-SPACE', `${TE} `, HELLO, TE],
    ['SMUG-TE-TAB-BEFORE-VALUE', 'Transfer-Encoding:\tchunked', HELLO, TE],
    ['NORM-CASE-TE', 'TRANSFER-ENCODING: chunked', HELLO, 'TRANSFER-ENCODING: chunked'],
    [
      'SMUG-TRANSFER_ENCODING, NORM-UNDERSCORE-TE',
      'Content-Length: 5\r\nTransfer_Encoding: chunked',
      'hello',
      'Content-Length: 5',
    ],
    ['NORM-UNDERSCORE-CL', 'Content_Length: 34\r\nContent-Length: 5', 'hello', 'Content-Length: 5'],
  ])('%s: leaves as one that all read alike', (_, fields, body, seen) =>
    expectForwarded(post(fields) + body, `POST /x HTTP/1.1\r\n${seen}\r\n\r\n${body}`),
  );

  const half = 'GET /evil HTTP/1.1\r\nX-Ignored:';
  it.each([
    ['SMUG-HEAD-CL-BODY', 'HEAD', 'hello'],
    ['SMUG-OPTIONS-CL-BODY', 'OPTIONS', 'hello'],
    ['SMUG-OPTIONS-CL-BODY-DESYNC', 'OPTIONS', EVIL],
    ['COMP-GET-WITH-CL-BODY', 'GET', 'hello'],
    ['SMUG-GET-CL-BODY-DESYNC', 'GET', EVIL],
    ['SMUG-GET-CL-PREFIX-DESYNC', 'GET', half],
  ])('%s: leaves with its body', (_, method, body) => {
    const headers = `Content-Length: ${body.length}\r\n`;
    return expectForwarded(
      request(`${method} /x`, { headers, body }),
      `${method} /x HTTP/1.1\r\n${headers}\r\n${body}`,
    );
  });

  it('SMUG-PIPELINE-SAFE: two requests are two', () =>
    expectForwarded(get('Accept: a'), 'GET /x HTTP/1.1\r\nAccept: a\r\n\r\n'));
});

it('SMUG-MULTIPLE-HOST-COMMA', () => expectJudged(request('GET /x', { host: 'h, i' }), 400));
