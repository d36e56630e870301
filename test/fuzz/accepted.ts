// What porthole accepted of a client's bytes, others read the same way in them, or refuse.
import { bytesOf, type Reading as OwnReading, readRequests } from '../support/http1.ts';
import {
  count,
  type Difference,
  GO_REQUESTS,
  isByDesign,
  NODE_REQUESTS,
  UPGRADE_IN_1_0,
} from './by-design.ts';
import type { Observation } from './lane.ts';
import { arrivalsOf, type Find } from './ledger.ts';
import { fieldsOf, type Reading, type ReadMessage } from './reading.ts';
import { dataOf, type Readers } from './requests.ts';

/** What is wrong with what was read from the client. */
export async function judgeAccepted(seen: Observation, { node, go }: Readers): Promise<Find[]> {
  const { client } = seen.input;
  const own = readRequests([bytesOf(client)]);
  const [byNode, byGo] = await Promise.all([node.requests(client), go?.requests(client)]);
  return [
    ...compareRecorded(seen, own.requests),
    ...compareReadings('Node', own, byNode, seen, NODE_REQUESTS),
    ...(byGo === undefined ? [] : compareReadings('Go', own, byGo, seen, GO_REQUESTS)),
  ];
}

/** Readers may do as they like with what we refuse, or never came to, and with all that comes after it. */
function compareReadings(
  who: string,
  own: OwnReading,
  read: Reading,
  seen: Observation,
  differences: readonly Difference[],
): Find[] {
  const { client } = seen.input;
  const records = seen.records.filter(({ version }) => version !== '');
  const whole = own.requests.filter(({ complete }) => complete);
  for (const [i, { head, body }] of whole.entries()) {
    const message = read.messages[i];
    const outcome = records[i]?.outcome;
    if (outcome === undefined || outcome === 'refused' || head.upgrade !== undefined) return [];
    if (message === undefined || !message.complete) {
      if (isByDesign(read, client, differences)) return [];
      return [{ rule: `${who} refuses what we accept: ${read.refused}`, detail: client }];
    }
    const start = `${head.method} ${head.target} HTTP/${head.version}`;
    if (!isSame(start, body, head.headers, message)) {
      // RFC 9110 section 7.8: there, it means nothing.
      if (who === 'Node' && head.version === '1.0' && head.headers.has('upgrade')) {
        count(UPGRADE_IN_1_0);
        return [];
      }
      return [
        {
          rule: `${who} reads another request than we do`,
          detail: `${JSON.stringify(message)}\nfor ${start}\n${body}\nin\n${client}`,
        },
      ];
    }
  }
  const last = own.requests.at(-1)?.head;
  const goesOn = own.refused === undefined && last?.keepAlive && last.upgrade === undefined;
  const complete = read.messages.filter((message) => message.complete).length;
  if (!goesOn || complete <= whole.length) return [];
  return [{ rule: `${who} reads more requests than we do`, detail: client }];
}

type OwnFields = OwnReading['requests'][number]['head']['headers'];

function isSame(start: string, body: string, fields: OwnFields, message: ReadMessage): boolean {
  // An absolute-form target is left to its callers by both readers.
  const target = (message.target ?? '').replace(/^http:\/\/[^/?]*\/?/i, '/');
  if (`${message.method} ${target} ${message.version}` !== start) return false;
  const headers: Record<string, string[]> = Object.create(null);
  for (const [i, key] of fields.keys.entries()) {
    headers[key] ??= [];
    headers[key].push(fields.values[i] as string);
  }
  return body === message.body && fieldsOf({ ...message, headers }) === fieldsOf(message);
}

/** In whatever pieces it came: the requests that were recorded are those that stand there, and their bodies went upstream. */
function compareRecorded(seen: Observation, own: OwnReading['requests']): Find[] {
  const read = seen.records.filter(({ version }) => version !== '');
  const finds: Find[] = [];
  for (const [i, record] of read.entries()) {
    const head = own[i]?.head;
    const target = `${record.path}${record.query === '' ? '' : `?${record.query}`}`;
    const isSameTarget = head?.target === target || head?.target === `${target}?`;
    if (head?.method !== record.method || !isSameTarget)
      finds.push({
        rule: 'the same requests in pieces as in one',
        detail: `${record.method} ${target} for ${head?.method} ${head?.target}`,
      });
  }
  const bodies = own.map(({ body }) => body);
  for (const { request, wire } of arrivalsOf(seen)) {
    if (request.to < 0 || wire.tunnelAt >= 0) continue;
    const data = dataOf(
      request.head,
      wire.received.slice(request.from + request.head.length, request.to),
    );
    if (!bodies.includes(data))
      finds.push({ rule: 'bodies arrive as they were sent', detail: `${request.head}${data}` });
  }
  return finds;
}
