// The first two oracles on requests: what porthole forwarded, and what it accepted, others read the same way.
import { bytesOf, readRequests } from '../support/http1.ts';
import { type Difference, GO_REQUESTS, isByDesign, NODE_REQUESTS } from './by-design.ts';
import type { GoReader } from './go-reader.ts';
import type { Observation } from './lane.ts';
import { arrivalsOf, type Find, valueIn } from './ledger.ts';
import type { NodeReader } from './node-reader.ts';
import { fieldsOf, type Reading, type ReadMessage } from './reading.ts';
import type { WireLog } from './wire.ts';

/** The readers that have a say. Without Go there is one less. */
export interface Readers {
  readonly node: NodeReader;
  readonly go: GoReader | undefined;
}

/** What is wrong with the requests of a case. */
export async function judgeRequests(seen: Observation, readers: Readers): Promise<Find[]> {
  const forwarded = await Promise.all(seen.wires.map((wire) => judgeForwarded(wire, readers)));
  return [...forwarded.flat(), ...(await judgeAccepted(seen, readers))];
}

async function judgeForwarded(wire: WireLog, { node, go }: Readers): Promise<Find[]> {
  const bytes = wire.tunnelAt < 0 ? wire.received : wire.received.slice(0, wire.tunnelAt);
  const [byNode, byGo] = await Promise.all([node.requests(bytes), go?.requests(bytes)]);
  const finds = compareForwarded('Node', wire, bytes, byNode);
  return byGo === undefined ? finds : [...finds, ...compareForwarded('Go', wire, bytes, byGo)];
}

/** Everything that was forwarded is read as the requests that it is, and nothing else. */
function compareForwarded(who: string, wire: WireLog, bytes: string, read: Reading): Find[] {
  const whole = wire.requests.filter(({ to }) => to >= 0 || wire.tunnelAt >= 0);
  const finds: Find[] = [];
  const complete = read.messages.filter((message) => message.complete).length;
  if (complete !== whole.length)
    finds.push({
      rule: `${who} reads as many requests as were forwarded`,
      detail: `${complete} for ${whole.length}; refused: ${read.refused}\n${bytes}`,
    });
  for (const [i, { head, from, to }] of whole.entries()) {
    const message = read.messages[i];
    if (message === undefined) break;
    const start = `${message.method} ${message.target} ${message.version}\r\n`;
    const raw = to < 0 ? '' : bytes.slice(from + head.length, to);
    if (!head.startsWith(start) || message.body !== dataOf(head, raw))
      finds.push({
        rule: `${who} reads the requests that were forwarded`,
        detail: `${start}${message.body}\nfor\n${head}${raw}`,
      });
  }
  return finds;
}

/** The data of a body as it stands on the wire. */
function dataOf(head: string, raw: string): string {
  if (valueIn(head, 'transfer-encoding').toLowerCase() !== 'chunked') return raw;
  let data = '';
  for (let at = 0; at < raw.length; ) {
    const line = raw.indexOf('\r\n', at);
    const size = Number.parseInt(raw.slice(at, line), 16);
    data += raw.slice(line + 2, line + 2 + size);
    if (size === 0) break;
    at = line + 2 + size + 2;
  }
  return data;
}

/** What we read from the client, and what others read from the same bytes. */
async function judgeAccepted(seen: Observation, { node, go }: Readers): Promise<Find[]> {
  const { client } = seen.input;
  const ours = readRequests([bytesOf(client)]);
  const finds = compareRecorded(seen, ours.requests);
  const whole = ours.requests.filter(({ complete }) => complete);
  const texts = whole.map(({ head, body }) => ({
    start: `${head.method} ${head.target} HTTP/${head.version}`,
    body,
    upgrades: head.upgrade !== undefined,
    fields: head.headers.names.map((name, n) => `${name.toLowerCase()}: ${head.headers.values[n]}`),
  }));
  const [byNode, byGo] = await Promise.all([node.requests(client), go?.requests(client)]);
  const records = seen.records.filter(({ version }) => version !== '');
  const compare = (who: string, read: Reading, differences: readonly Difference[]): void => {
    for (const [i, ownText] of texts.entries()) {
      const message = read.messages[i];
      const outcome = records[i]?.outcome;
      // It may do as it likes with what we refuse as well, or never came to, and with what comes after that.
      if (outcome === undefined || outcome === 'refused' || ownText.upgrades) return;
      if (message === undefined || !message.complete) {
        if (!isByDesign(read, client, differences))
          finds.push({
            rule: `${who} refuses what we accept: ${read.refused}`,
            detail: `${ownText.start}\nin\n${client}`,
          });
        return;
      }
      if (!isSame(ownText, message))
        finds.push({
          rule: `${who} reads another request than we do`,
          detail: `${message.method} ${message.target} ${message.version}\n${fieldsOf(message)}\n${message.body}\nfor ${ownText.start}\n${ownText.fields.join('\n')}\n${ownText.body}\nin\n${client}`,
        });
    }
  };
  compare('Node', byNode, NODE_REQUESTS);
  if (byGo !== undefined) compare('Go', byGo, GO_REQUESTS);
  return finds;
}

interface OwnText {
  readonly start: string;
  readonly body: string;
  readonly fields: readonly string[];
}

function isSame({ start, body, fields }: OwnText, message: ReadMessage): boolean {
  // An absolute-form target is left to its callers by both readers.
  const target = (message.target ?? '').replace(/^http:\/\/[^/?]*\/?/i, '/');
  if (`${message.method} ${target} ${message.version}` !== start) return false;
  const own = { headers: Object.create(null) as Record<string, string[]> };
  for (const line of fields) {
    const colon = line.indexOf(': ');
    const name = line.slice(0, colon);
    own.headers[name] ??= [];
    own.headers[name].push(line.slice(colon + 2));
  }
  return body === message.body && fieldsOf({ ...message, ...own }) === fieldsOf(message);
}

/** In whatever pieces it came: the requests that were recorded are those that stand there, and their bodies went upstream. */
function compareRecorded(
  seen: Observation,
  own: ReturnType<typeof readRequests>['requests'],
): Find[] {
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
