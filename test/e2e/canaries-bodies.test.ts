import { describe, expect, it } from 'vitest';
import { Canaries } from '../support/canaries.ts';
import { ANSWERS } from '../support/canary-answers.ts';
import type { Message } from '../support/canary-messages.ts';
import { ODD_REQUESTS } from '../support/canary-odd-requests.ts';
import { REQUESTS } from '../support/canary-requests.ts';
import { eventsIn, recordEverything, reviewed } from '../support/recording-everything.ts';

function head(name: string, { type, body, coding }: Message, chunked: boolean): string {
  const fields = [
    ...(type === '' ? [] : [`Content-Type: ${type}`]),
    ...(coding === undefined ? [] : [`Content-Encoding: ${coding}`]),
    chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${Buffer.from(body).length}`,
  ];
  return `${name}\r\n${fields.join('\r\n')}\r\n`;
}

/** In chunks that cut every word in two. */
function inChunks(text: string): string {
  return `${(text.match(/[\s\S]{1,7}/g) ?? []).map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('')}0\r\n\r\n`;
}

/** Each body as text of bytes, whole and in chunks. */
function spellings(start: string, message: Message, fields = ''): string[] {
  const text = Buffer.from(message.body).toString('latin1');
  return [false, true].map(
    (chunked) => `${head(start, message, chunked)}${fields}\r\n${chunked ? inChunks(text) : text}`,
  );
}

interface Exchange {
  readonly name: string;
  readonly request: string;
  readonly answer: string;
}

/** Everything that is asked, and what is answered to it: to what has `Case: n`, the n-th. */
function exchanges(canaries: Canaries): Exchange[] {
  const plant = (place: string) => canaries.plant(place);
  const OK = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}';
  const sent = [...REQUESTS, ...ODD_REQUESTS].flatMap(({ name, line, message }) =>
    spellings(
      `${line} HTTP/1.1\r\nHost: localhost\r\nConnection: close`,
      message(plant(`sent: ${name}`), plant),
    ).map((request) => ({ name, request, answer: OK })),
  );
  const got = ANSWERS.flatMap(({ name, line, message, status = '200 OK' }) =>
    spellings(`HTTP/1.1 ${status}`, message(plant(`answered: ${name}`), plant)).map((answer) => ({
      name,
      request: `${line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      answer,
    })),
  );
  return [...sent, ...got].map((exchange, i) => ({
    ...exchange,
    request: exchange.request.replace('\r\n', `\r\nCase: ${i}\r\n`),
  }));
}

async function recorded(...flags: string[]) {
  const canaries = new Canaries();
  const all = exchanges(canaries);
  const proxy = await recordEverything(
    (head) => all[Number(/\r\ncase: (\d+)\r\n/i.exec(head)?.[1] ?? -1)]?.answer ?? NOT_FOUND,
    { flags },
  );
  let received = '';
  for (const { request } of all) received += await proxy.ask(request);
  const outputs = { ...(await proxy.outputs()), ...(await reviewed(proxy.folder)) };
  return { canaries, all, received, proxy, outputs };
}

const sent = (name: string) => `sent: ${name}`;
const bodyOf = (message: string) => message.slice(message.indexOf('\r\n\r\n') + 4);

const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n';

describe('L02: secrets in bodies', () => {
  it('reach both sides, and no output', async () => {
    const { canaries, all, received, proxy, outputs } = await recorded('--log-format=json');
    expect(canaries.find(outputs)).toEqual([]);
    const finals = eventsIn(proxy.folder).filter(({ stage }) => stage === 'ResponseComplete');
    expect(finals).toHaveLength(all.length);
    // The relay changes no byte; an answer may overtake a long request, and cut it.
    for (const { request, answer } of all.filter((one) => one.request.length < 100_000)) {
      expect(proxy.upstream.bytes).toContain(bodyOf(request));
      expect(received).toContain(bodyOf(answer));
    }
  });

  it('are found where secrets may be recorded', async () => {
    const { canaries, outputs } = await recorded('--dangerously-record-secrets');
    // What has no end, or none that fits, and what can not be read, is not copied at all; the search has no UTF-16 in base64.
    expect(canaries.missing(outputs)).toEqual([
      ...['UTF-16', 'UTF-16 that does not say so', 'a coding twice'].map(sent),
      sent('a Secret beyond --audit-max-body'),
      ...['a watch event', 'a log', 'a log in JSON', "a workload's answer", "a kubelet's file"].map(
        (name) => `answered: ${name}`,
      ),
    ]);
  });
});
