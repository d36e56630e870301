// The first two oracles on answers: what the client got is read as the answers that were recorded, to the last byte, and as
// others read what the API server said.
import type { ExchangeRecord } from '../../src/record/exchange-record.ts';
import {
  count,
  GO_ANSWERS,
  isByDesign,
  NODE_ANSWERS,
  RESET_COMES_LATE,
  RESET_READ_AS_END,
} from './by-design.ts';
import type { Observation } from './lane.ts';
import { type Arrival, arrivalsOf, type Find, valuesIn } from './ledger.ts';
import type { Reading, ReadMessage } from './reading.ts';
import type { Readers } from './requests.ts';
import type { WireLog } from './wire.ts';

/** What is wrong with the answers of a case. Where Go does not read, only the bytes from the API server are judged. */
export async function judgeAnswers(seen: Observation, readers: Readers): Promise<Find[]> {
  if (readers.go === undefined) return [];
  const methods = seen.records.map(({ method }) => method || 'GET');
  const delivered = await readers.go.answers(seen.received, methods, seen.ending === 'reset');
  const finds = judgeDelivered(seen, delivered);
  const finals = delivered.messages.filter(isFinal);
  const slices = await Promise.all(
    finals.map((message, i) => {
      const bytes = seen.received.slice(message.from, message.to);
      const isLast = i === finals.length - 1;
      return readers.node.answer(bytes, methods[i] === 'HEAD', isLast && seen.ending === 'reset');
    }),
  );
  for (const [i, message] of finals.entries())
    finds.push(...compareSlice(message, slices[i] as Reading, seen.received));
  return [...finds, ...(await judgeSources(seen, finals, readers))];
}

const isFinal = ({ status = 0 }: ReadMessage): boolean => status >= 200 || status === 101;

/** Every byte that the client got is of an answer, each answer has its record, and only what is whole looks whole. */
function judgeDelivered(seen: Observation, delivered: Reading): Find[] {
  if (isByDesign(delivered, seen.received, GO_ANSWERS)) return [];
  const finds: Find[] = [];
  const say = (rule: string, detail: string): void => {
    finds.push({ rule, detail: `${detail}\nin\n${seen.received}` });
  };
  const finals = delivered.messages.filter(isFinal);
  const cut = finals.at(-1)?.complete === false;
  // A client that resets its connection may have got a part of anything.
  const isPart = seen.ending === 'reset' && delivered.refused !== '';
  if (delivered.refused !== '' && !cut && !isPart)
    say('Go reads the answers that the client got', delivered.refused);
  if (delivered.rest > 0 && !cut && finals.at(-1)?.status !== 101 && !isPart)
    say('each byte belongs to an answer', `${delivered.rest} bytes are left`);
  if (finals.length > seen.records.length)
    say('each answer is recorded', `${finals.length} answers`);
  for (const [i, record] of seen.records.entries()) judgeEnd(record, finals[i], seen, say);
  return finds;
}

function judgeEnd(
  record: ExchangeRecord,
  final: ReadMessage | undefined,
  seen: Observation,
  say: (rule: string, detail: string) => void,
): void {
  const { outcome, status } = record;
  const words = `${record.method} ${record.path}: ${outcome}, ${status}, ${record.errorCode}`;
  const isWhole = outcome === 'ok' || outcome === 'refused' || outcome === 'upstream-failed';
  if (final === undefined) {
    if (isWhole && seen.ending !== 'reset') say('each answer that was recorded came', words);
    return;
  }
  if (final.status !== status) say('the status that was recorded', `${words}; ${final.status}`);
  if (isWhole && !final.complete && seen.ending !== 'reset')
    say('a whole answer looks whole', words);
  if (isWhole || !final.complete || final.status === 101) return;
  const isDelimited = Object.keys(final.headers).some((name) => /^content-length$/i.test(name));
  // Of chunks, Go keeps no field.
  const [head = ''] = seen.received.slice(final.from, final.to).split('\r\n\r\n', 1);
  const isChunked = /\r\ntransfer-encoding:/i.test(head);
  // By HTTP/2, every byte of it may have come before the reset that followed.
  const isLate = isDelimited && seen.wires.some(({ framed }) => framed);
  if (isLate) count(RESET_COMES_LATE);
  else if (isDelimited || isChunked || seen.ending === 'reset')
    say('a cut answer does not look whole', words);
  else count(RESET_READ_AS_END);
}

/** What Node's client reads in the place where Go has read an answer. */
function compareSlice(message: ReadMessage, read: Reading, bytes: string): Find[] {
  const other = read.messages[0];
  const isSame =
    other?.status === message.status &&
    (other?.complete === message.complete || (!message.complete && read.refused !== '')) &&
    (other?.body === message.body || !message.complete);
  if (isSame || isByDesign(read, bytes, NODE_ANSWERS)) return [];
  return [
    {
      rule: `Node reads the answers that the client got: ${read.refused}`,
      detail: `${JSON.stringify(other)}\nfor\n${JSON.stringify(message)}\nin\n${bytes}`,
    },
  ];
}

/** What the client got of the API server's is what others read in what that has said. */
async function judgeSources(
  seen: Observation,
  finals: readonly ReadMessage[],
  { node, go }: Readers,
): Promise<Find[]> {
  const finds: Find[] = [];
  const arrivals = arrivalsOf(seen);
  const said = new Map<WireLog, Reading>();
  await Promise.all(
    seen.wires.map(async (wire) => {
      const methods = wire.requests.map(({ head }) => head.slice(0, head.indexOf(' ')));
      const read = await go?.answers(wire.sent, methods, wire.ending === 'reset');
      if (read !== undefined) said.set(wire, read);
    }),
  );
  for (const [wire, read] of said) finds.push(...judgeSurplus(wire, read));
  for (const [i, record] of seen.records.entries()) {
    const final = finals[i];
    const arrival = arrivalOf(record, seen, arrivals);
    if (record.outcome !== 'ok' || final === undefined || arrival === undefined) continue;
    if (!final.complete || final.status === 101) continue;
    const { wire, at } = arrival;
    const read = said.get(wire) as Reading;
    finds.push(...compareSource('Go', final, read.messages.filter(isFinal)[at], read, wire));
    if (wire.requests.length === 1) {
      const byNode = await node.answer(
        wire.sent,
        record.method === 'HEAD',
        wire.ending === 'reset',
      );
      finds.push(...compareSource('Node', final, byNode.messages[0], byNode, wire));
    }
  }
  return finds;
}

/** What comes together with the end of an answer and is not part of it ends its connection: it answers nobody. */
function judgeSurplus({ requests, says, sent }: WireLog, read: Reading): Find[] {
  const finals = read.messages.filter(isFinal);
  const at = says.findIndex(
    ({ to, atOnce }, i) => atOnce && i + 1 < requests.length && (finals[i]?.to ?? to) < to,
  );
  if (at < 0 || !finals[at]?.complete) return [];
  return [{ rule: 'no request follows an answer with more behind it', detail: sent }];
}

/** The last request upstream of a record, if it can be told from those of others. */
function arrivalOf(
  record: ExchangeRecord,
  seen: Observation,
  arrivals: readonly Arrival[],
): Arrival | undefined {
  if (seen.records.filter(({ auditID }) => auditID === record.auditID).length > 1) return undefined;
  const own = arrivals.filter(({ request }) =>
    valuesIn(request.head, 'audit-id').includes(record.auditID),
  );
  if (own.length > 1 && !record.replayed) return undefined;
  return own.sort((a, b) => a.request.order - b.request.order).at(-1);
}

/** Or chunked, of which Go keeps no field: that a chunked answer is cut shows in any case. */
function isUntilClose({ headers }: ReadMessage): boolean {
  return !Object.keys(headers).some((name) => /^content-length$/i.test(name));
}

function compareSource(
  who: 'Go' | 'Node',
  final: ReadMessage,
  said: ReadMessage | undefined,
  read: Reading,
  { sent, ending, framed }: WireLog,
): Find[] {
  if (said?.complete && said.status === final.status && said.body === final.body) return [];
  // Ended by its connection: the reset was the end, to a reader on libuv, and what was on its way is lost.
  const isCut = ending === 'reset' && !framed && isUntilClose(final);
  if (
    isCut &&
    said !== undefined &&
    said.status === final.status &&
    said.body.startsWith(final.body)
  ) {
    count(RESET_READ_AS_END);
    return [];
  }
  if (isByDesign(read, sent, who === 'Go' ? GO_ANSWERS : NODE_ANSWERS)) return [];
  return [
    {
      rule: `${who} reads what the API server said as we do: ${read.refused}`,
      detail: `${JSON.stringify(said)}\nfor\n${JSON.stringify(final)}\nin (${ending})\n${sent}`,
    },
  ];
}
