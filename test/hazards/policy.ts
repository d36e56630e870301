// Rows of the policy tables, which the comparison with kubectl proxy has too: exact bytes in, exact bytes out.
import { expect, it } from 'vitest';
import { ask, type Reaction } from '../support/differential/ask.ts';
import { answerByPath } from '../support/differential/policy-answers.ts';
import type { PolicyRow } from '../support/differential/policy-row.ts';
import { type Door, type DoorOptions, openDoor } from './door.ts';

/** Of a row, what concerns porthole. */
export type Asked = Pick<PolicyRow, 'id' | 'request' | 'porthole' | 'sentAs' | 'only' | 'bare'>;

/** A test for each row. */
export function holdAll(rows: readonly Asked[], options?: () => DoorOptions): void {
  it.each(rows.map((row) => [row.id, row] as const))('%s', (_, row) => holds(row, options?.()));
}

/** Sends a row's bytes through a door of its own. */
async function holds(row: Asked, options?: DoorOptions): Promise<void> {
  const door = await openDoor(answerByPath, options);
  const reaction = await ask(door.connect, row.request, door.upstream);
  expect(reaction.outcome).toBe(row.porthole);
  if (row.porthole === 'forwarded') expect(masked(door)).toBe(sentFor(row, door));
  else {
    expect(door.upstream.connections).toEqual([]);
    isRefused(door, reaction, row.bare);
  }
  expect(await door.proxy.recorded(1)).toHaveLength(1);
}

/** A refusal: a Status that says why, on record, which no page of another site may read. */
export function isRefused(
  { proxy }: Pick<Door, 'proxy'>,
  { answer, outcome }: Reaction,
  bare = false,
): void {
  expect(answer.fields.filter((field) => field.startsWith('access-control-'))).toEqual([]);
  if (bare || outcome === 301) return;
  const { kind, code, message } = JSON.parse(answer.body) as Record<string, unknown>;
  expect({ kind, code }).toEqual({ kind: 'Status', code: outcome });
  expect(message).toMatch(/^porthole: ./);
  expect(proxy.records.at(-1)).toMatchObject({ outcome: 'refused', status: outcome });
}

/** All that came upstream, but for what is new in each request. */
export function masked({ upstream }: Pick<Door, 'upstream'>): string {
  return upstream.bytes
    .replace(/^Authorization: Bearer cnry[0-9a-f]{16}\r$/m, 'Authorization: Bearer ours\r')
    .replace(/^Audit-ID: [0-9a-f-]{36}\r$/m, 'Audit-ID: new\r');
}

/** What is to come upstream of a row's bytes: they themselves, without the fields of this hop, and then our own fields. */
function sentFor({ request, sentAs, only }: Asked, { upstream }: Pick<Door, 'upstream'>): string {
  const end = request.indexOf('\r\n\r\n');
  const [start = '', ...lines] = request.slice(0, end).split('\r\n');
  const withheld = new Set(only?.kubectl);
  const passed = lines.filter((line) => {
    const [name = '', value = ''] = line.split(': ');
    const isHop = /^(?:host|connection|upgrade)$/i.test(name);
    return !isHop && !withheld.has(`> ${name.toLowerCase()}: ${value}`);
  });
  const protocol = /\r\nUpgrade: (.*)\r\n/.exec(request)?.[1];
  const upgrade = protocol === undefined ? [] : ['Connection: Upgrade', `Upgrade: ${protocol}`];
  const sent = [
    sentAs ?? start,
    `Host: 127.0.0.1:${upstream.port}`,
    ...passed,
    'Authorization: Bearer ours',
    'X-Forwarded-For: 127.0.0.1',
    'Audit-ID: new',
    'User-Agent: porthole/test',
    ...upgrade,
  ];
  return `${sent.join('\r\n')}\r\n\r\n${request.slice(end + 4)}`;
}
