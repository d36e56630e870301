import { connect, type Socket } from 'node:net';
import type { TestProxy } from '../support/start-proxy.ts';
import { type FuzzCase, piecesOf, type ScriptedAnswer } from './case.ts';
import type { FuzzUpstream } from './upstream.ts';
import { plainAnswer } from './wire.ts';

/**
 * Ticks without a word after which the next one lets go, and after which nobody is believed to. Not milliseconds: a busy
 * machine may take many between two ticks, and what has happened by then is told before the next one.
 */
const QUIET = 5;
const HANGS = 2_000;

/** One case under way. */
export class Run {
  readonly over: Promise<void>;
  received = '';
  ending: 'end' | 'reset' = 'end';
  hanging = '';
  readonly #input: FuzzCase;
  readonly #proxy: TestProxy;
  readonly #upstream: FuzzUpstream;
  readonly #recorded: () => boolean;
  readonly #sent: () => number;
  readonly #client: Socket;
  #finish = (): void => {};
  #answers = 0;
  #closed = false;
  #checking = false;
  #silence = 0;
  /** What a slow client has still to send. */
  #unsent: string[] = [];
  #isQuiet = false;

  /** `recorded` tells whether all records have ended, `sent` how many requests went upstream. */
  constructor(
    input: FuzzCase,
    proxy: TestProxy,
    upstream: FuzzUpstream,
    recorded: () => boolean,
    sent: () => number,
  ) {
    this.#sent = sent;
    this.#input = input;
    this.#proxy = proxy;
    this.#upstream = upstream;
    this.#recorded = recorded;
    this.over = new Promise((resolve) => {
      this.#finish = resolve;
    });
    const client = connect({
      port: proxy.port,
      host: '127.0.0.1',
      allowHalfOpen: true,
      noDelay: true,
    });
    this.#client = client;
    client.on('connect', () => this.#send(piecesOf(input.client, input.cuts)));
    client.on('data', (bytes: Buffer) => {
      this.received += bytes.toString('latin1');
      this.touch();
    });
    client.on('end', () => {
      client.end();
      this.touch();
    });
    client.on('error', () => {
      this.ending = 'reset';
    });
    client.on('close', () => {
      this.#closed = true;
      this.touch();
    });
  }

  answer(method: string): ScriptedAnswer {
    return this.#input.answers[this.#answers++] ?? plainAnswer(method);
  }

  #send(pieces: string[]): void {
    const [piece = '', ...more] = pieces;
    if (!this.#client.writable) return;
    this.#client.write(piece, 'latin1');
    this.touch();
    if (more.length > 0 && this.#input.slow) this.#unsent = more;
    else if (more.length > 0) setImmediate(() => this.#send(more));
    else if (this.#input.leave === 'end') this.#client.end();
    else if (this.#input.leave === 'reset') {
      this.ending = 'reset';
      setImmediate(() => this.#client.resetAndDestroy());
    }
  }

  touch(): void {
    this.#silence = 0;
    this.#isQuiet = false;
    if (this.#checking) return;
    this.#checking = true;
    setImmediate(() => {
      this.#checking = false;
      this.#check();
    });
  }

  #check(): void {
    if (!this.#closed || this.#proxy.connections.client > 0 || !this.#recorded()) return;
    let waits = false;
    for (const wire of this.#upstream.wires) {
      if (wire.closed || (wire.idle && !wire.made)) continue;
      waits = true;
      // porthole has to leave a connection that stands within a request by itself.
      if (wire.idle || wire.log.tunnelAt >= 0) wire.end();
    }
    // What was sent just before a connection was given up may still be on its way.
    if (!waits && (this.#upstream.arrived >= this.#sent() || this.#isQuiet)) this.#finish();
  }

  /** Whoever can still let go does, one after the other, and again: what was asked of porthole may have come since. */
  tick(): void {
    this.#check();
    if (++this.#silence % QUIET !== 0) return;
    this.#isQuiet = true;
    if (this.#silence > HANGS) this.#giveUp();
    else if (this.#unsent.length > 0) this.#send(this.#unsent.splice(0));
    else if (!this.#endWires()) this.#client.end();
  }

  /** Whether there was one to end. */
  #endWires(): boolean {
    const over = this.#closed && this.#recorded();
    let ended = false;
    for (const wire of this.#upstream.wires) {
      if (wire.closed || wire.log.ending !== 'open') continue;
      // What stands within a request when all is over, porthole has to leave by itself.
      if (wire.idle ? !wire.made : over && wire.log.tunnelAt < 0) continue;
      wire.end();
      ended = true;
    }
    return ended;
  }

  #giveUp(): void {
    const wires = [...this.#upstream.wires].filter((wire) => !wire.closed && !wire.idle).length;
    this.hanging = [
      this.#closed ? '' : 'the client is not told that it ends',
      this.#recorded() ? '' : 'a record has not ended',
      this.#proxy.connections.client > 0 ? 'porthole keeps the client' : '',
      wires > 0 ? 'porthole keeps a connection in the middle of a request' : '',
    ]
      .filter((text) => text !== '')
      .join(', ');
    this.#client.destroy();
    for (const wire of this.#upstream.wires) wire.destroy();
    this.#finish();
  }
}
