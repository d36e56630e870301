// Watches: each answer brought an unbroken prefix of what the API server itself tells, and no end that looked whole but was not.
import type { WatchPiece, World } from './journal.ts';

export function judgeWatches({ start, history, truth, watches }: World): string[] {
  const told = [...truth.ends.keys()].join(' ');
  if (told !== history.map(({ revision }) => revision).join(' '))
    return ['the API server’s own watch is not what etcd has'];
  return watches.flatMap((piece) => judgePiece(piece, start, truth));
}

function judgePiece(piece: WatchPiece, start: number, { bytes, ends }: World['truth']): string[] {
  const { client, from, state, timeoutMs = Number.POSITIVE_INFINITY, lastedMs } = piece;
  const what = `the watch of client ${client} behind revision ${from}`;
  const at = from === start ? 0 : ends.get(from);
  if (at === undefined) return [`${what}: nothing happened at that revision`];
  const expected = bytes.subarray(at, at + piece.bytes.length);
  if (!expected.equals(piece.bytes))
    return [`${what} differs from the API server’s at byte ${differenceOf(expected, piece.bytes)}`];
  if (state === 'complete' && lastedMs < timeoutMs)
    return [`${what} looked whole after ${Math.round(lastedMs)} ms of ${timeoutMs}`];
  const inEvent = piece.bytes.length > 0 && piece.bytes.at(-1) !== 0x0a;
  return state === 'complete' && inEvent ? [`${what} looked whole in the middle of an event`] : [];
}

function differenceOf(one: Buffer, other: Buffer): number {
  const at = other.findIndex((byte, i) => byte !== one[i]);
  return at === -1 ? one.length : at;
}
