// The first two oracles on requests: what porthole forwarded, others read as the same requests.
import type { GoReader } from './go-reader.ts';
import type { Observation } from './lane.ts';
import { type Find, valuesIn } from './ledger.ts';
import type { NodeReader } from './node-reader.ts';
import type { Reading } from './reading.ts';
import type { WireLog } from './wire.ts';

/** The readers that have a say. Without Go there is one less. */
export interface Readers {
  readonly node: NodeReader;
  readonly go: GoReader | undefined;
}

/** What is wrong with the requests that went upstream. */
export async function judgeForwarded(seen: Observation, readers: Readers): Promise<Find[]> {
  const finds = await Promise.all(seen.wires.map((wire) => judgeWire(wire, readers)));
  return finds.flat();
}

async function judgeWire(wire: WireLog, { node, go }: Readers): Promise<Find[]> {
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
export function dataOf(head: string, raw: string): string {
  if (valuesIn(head, 'transfer-encoding')[0]?.toLowerCase() !== 'chunked') return raw;
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
