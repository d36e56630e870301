// What a proxy does with exact bytes: its answer, and what the upstream saw of it.
import { vi } from 'vitest';
import type { RawClient } from '../raw-client.ts';
import type { RecordingUpstream, SeenConnection } from '../recording-upstream.ts';
import type { Outcome } from './policy-row.ts';

export interface Reaction {
  readonly outcome: Outcome;
  /** Of the last request that reached the upstream, undefined when none did. */
  readonly sent: Message | undefined;
  readonly answer: Message;
}

/** First line, header lines with their names in lower case, and body. */
export interface Message {
  readonly start: string;
  readonly fields: readonly string[];
  readonly body: string;
}

/** Sends `bytes` on a connection of its own and waits for the whole answer. */
export async function ask(
  connect: () => Promise<RawClient>,
  bytes: string,
  upstream: RecordingUpstream,
): Promise<Reaction> {
  const before = new Map(upstream.connections.map((seen) => [seen, seen.bytes.length]));
  const client = await connect();
  const withoutBody = bytes.startsWith('HEAD ');
  const finished = () => client.ended || isWhole(finalAnswer(client.received), withoutBody);
  await client.send(bytes).until(finished);
  client.close();
  const sent = seenSince(upstream, before);
  // An answer may overtake the request's body.
  if (sent !== '') await vi.waitUntil(() => upstream.completed === upstream.requests);
  const answer = messageOf(finalAnswer(client.received));
  return {
    outcome: outcomeOf(Number(answer.start.split(' ')[1] ?? 0), sent !== ''),
    sent: sent === '' ? undefined : messageOf(seenSince(upstream, before)),
    answer,
  };
}

function outcomeOf(status: number, asked: boolean): Outcome {
  return asked && status > 0 && status < 500 ? 'forwarded' : status;
}

function seenSince(
  upstream: RecordingUpstream,
  before: ReadonlyMap<SeenConnection, number>,
): string {
  return upstream.connections.map((seen) => seen.bytes.slice(before.get(seen) ?? 0)).join('');
}

/** Without the interim answers before it; 101 is final here. */
function finalAnswer(received: string): string {
  return received.replace(/^(?:HTTP\/1\.1 10[02-9] [^\r]*\r\n(?:[^\r]+\r\n)*\r\n)+/, '');
}

function isWhole(text: string, withoutBody: boolean): boolean {
  const end = text.indexOf('\r\n\r\n') + 4;
  if (end < 4) return false;
  const { start, fields, body } = messageOf(text);
  if (withoutBody || /^HTTP\/1\.1 (?:101|204|304) /.test(start)) return true;
  if (fields.includes('transfer-encoding: chunked')) return body.endsWith('0\r\n\r\n');
  const length = fields.find((field) => field.startsWith('content-length: '))?.slice(16);
  return length !== undefined && body.length >= Number(length);
}

function messageOf(text: string): Message {
  const end = text.indexOf('\r\n\r\n');
  const [start = '', ...lines] = text.slice(0, end < 0 ? undefined : end).split('\r\n');
  const fields = lines.map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase()));
  return { start, fields, body: end < 0 ? '' : text.slice(end + 4) };
}
