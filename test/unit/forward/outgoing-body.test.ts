import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { OutgoingBody } from '../../../src/forward/outgoing-body.ts';
import type { BodySink, Exchange } from '../../../src/server/exchange.ts';

const BUDGET = 10_000;

/** A body of a client that sends when the test says so, and a connection that takes all. */
function setup(hold = true) {
  let sink: BodySink | undefined;
  const exchange = {
    request: { framing: { kind: 'chunked' } },
    readBody: (to: BodySink) => {
      sink = to;
    },
    resumeBody: () => {},
  };
  const budget = { left: BUDGET };
  const body = new OutgoingBody(exchange as unknown as Exchange, hold, budget);
  const connect = () => {
    const stream = new PassThrough();
    // Since Node 26, `read` gives one piece at a time.
    const got = () => {
      let text = '';
      for (let piece = stream.read(); piece !== null; piece = stream.read()) text += piece;
      return text;
    };
    return { socket: stream as unknown as Socket, got };
  };
  const send = (text: string) => sink?.write(Buffer.from(text));
  return { body, budget, connect, send };
}

describe('a body that is held', () => {
  it('takes from what all may hold, also for pieces that are short, and gives it back', () => {
    const { body, budget, connect, send } = setup();
    body.sendTo(connect().socket);
    send('x'.repeat(1_000));
    send('y');
    expect(budget.left).toBe(BUDGET - 1_000 - 256);
    body.forget();
    body.forget();
    expect(budget.left).toBe(BUDGET);
    expect(body.repeatable).toBe(false);
  });

  it('is let go when all hold too much, and passes on', () => {
    const { body, budget, connect, send } = setup();
    const { socket, got } = connect();
    body.sendTo(socket);
    send('x'.repeat(BUDGET));
    expect([body.repeatable, budget.left]).toEqual([true, 0]);
    send('y');
    expect([body.repeatable, budget.left]).toEqual([false, BUDGET]);
    expect(got()).toBe(`${'x'.repeat(BUDGET)}y`);
  });

  it('is sent from its first byte to the second connection, with what came in between', () => {
    const { body, budget, connect, send } = setup();
    const [first, second] = [connect(), connect()];
    body.sendTo(first.socket);
    send('one,');
    body.detach();
    expect([send('two,'), body.isBehind]).toEqual([false, true]);
    body.sendTo(second.socket);
    send('three');
    expect([first.got(), second.got()]).toEqual(['one,', 'one,two,three']);
    expect([budget.left, body.repeatable]).toEqual([BUDGET, false]);
  });

  it('goes on where it stopped on the first one, when there is no second', () => {
    const { body, budget, connect, send } = setup();
    const { socket, got } = connect();
    body.sendTo(socket);
    send('one,');
    body.detach();
    send('two,');
    body.resume(socket);
    send('three');
    expect([got(), budget.left]).toEqual(['one,two,three', BUDGET]);
  });

  it('keeps what is read before the client stops, whatever all hold', () => {
    const { body, connect, send } = setup();
    body.sendTo(connect().socket);
    body.detach();
    send('x'.repeat(2 * BUDGET));
    const { socket, got } = connect();
    body.sendTo(socket);
    expect(got()).toHaveLength(2 * BUDGET);
  });
});

it('a body that is not held is not sent a second time', () => {
  const { body, connect, send } = setup(false);
  body.sendTo(connect().socket);
  send('one');
  expect(body.repeatable).toBe(false);
  expect(() => body.sendTo(connect().socket)).toThrow('sent twice');
});
