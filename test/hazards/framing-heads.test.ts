import { describe, it } from 'vitest';
import {
  CONTENT_LENGTH,
  LINES,
  REQUEST_LINES,
  TRANSFER_ENCODING,
} from '../support/request-hazards.ts';
import { BEHIND, expectRefused, titled } from './exact.ts';

// S01, S02, S04, S05: a head that two readers could read in two ways.
describe.each([
  ['lengths', CONTENT_LENGTH],
  ['codings', TRANSFER_ENCODING],
  ['lines', LINES],
  ['request lines', REQUEST_LINES],
])('%s', (_group, rows) => {
  it.each(titled(rows))('%s', (_hazard, head) => expectRefused(head + BEHIND));
});

const fields = (count: number): string => 'X-Filler: 1\r\n'.repeat(count);
const many = (last: string): string =>
  `POST /x HTTP/1.1\r\nHost: h\r\n${fields(1100)}${last}\r\n\r\n${BEHIND}`;

describe('more fields than are read', () => {
  it.each([
    ['S08 Transfer-Encoding behind 1,100 fields', 'Transfer-Encoding: chunked'],
    ['S08 Content-Length behind 1,100 fields', 'Content-Length: 34'],
    ['S08 a second Content-Length behind 1,100 fields', 'Content-Length: 0\r\nContent-Length: 34'],
    ['S09 Impersonate-User behind 1,100 fields', 'Impersonate-User: admin'],
    ['S09 Authorization behind 1,100 fields', 'Authorization: Bearer other'],
    ['S09 a second Host behind 1,100 fields', 'Host: evil'],
  ])('%s', (_hazard, last) => expectRefused(many(last), 431));
});
