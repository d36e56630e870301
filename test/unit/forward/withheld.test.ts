import { expect, it } from 'vitest';
import { WithheldAnswer } from '../../../src/forward/withheld.ts';
import { parseRequestHead } from '../../../src/http1/request-head.ts';
import { parseResponseHead } from '../../../src/http1/response-head.ts';
import { OwnExchange } from '../../../src/server/own-exchange.ts';

const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
const ANSWER = Buffer.from('HTTP/1.1 401 Unauthorized\r\nContent-Length: 6\r\n\r\n');

it('a withheld answer keeps its bytes, though what they were lent from is used again', () => {
  const answer = new WithheldAnswer(parseResponseHead(ANSWER, 0, ANSWER.length, 'GET'));
  const lent = Buffer.from('abc');
  answer.keep(lent);
  lent.write('def');
  answer.keep(lent);
  lent.fill('x');
  const exchange = new OwnExchange(parseRequestHead(REQUEST, 0, REQUEST.length), Buffer.alloc(0));
  answer.writeTo(exchange);
  expect(exchange.answer.body.toString()).toBe('abcdef');
});
