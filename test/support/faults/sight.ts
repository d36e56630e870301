// What a client saw, in a few words. Pure: the same words from the same bytes.
import type { Heard } from '../consistency/asking.ts';

/** What came of one play of a row. Words are counted, pairs are added up, and of times the longest counts. */
export interface Finding {
  /** By what they are about; '' is what the row is about. */
  readonly saw: Readonly<Record<string, string>>;
  /** So many of so many. */
  readonly counts?: Readonly<Record<string, readonly [number, number]>>;
  readonly ms?: Readonly<Record<string, number>>;
}

/** Of an answer that should have been `right`, once `read` has made of its body what can be compared. */
export function sightOfAnswer(
  heard: Heard,
  right: string,
  read: (body: Buffer) => string | undefined,
): string {
  const { status, whole, left, body } = heard;
  if (left) return status === 0 ? 'nothing for 15 s' : 'a part, and silence for 15 s';
  if (status === 0) return 'no answer, seen';
  if (!whole) return 'cut, seen';
  if (status !== 200) return `answered ${status}`;
  return read(body) === right ? 'whole and right' : 'LOOKS WHOLE, and is not';
}

/** What a client was told of a write. */
export function sightOfWrite({ status, whole, left }: Heard): string {
  if (left) return 'told nothing for 15 s';
  if (status === 0) return 'connection closed';
  return whole ? `told ${status}` : `told ${status}, cut`;
}

export interface SeenWatch {
  readonly received: string;
  readonly state: 'open' | 'complete' | 'cut';
}

/** Of a watch that had 15 s to bring all of `truth`, or to show its end. */
export function sightOfWatch({ received, state }: SeenWatch, truth: string): string {
  if (!truth.startsWith(received)) return 'NOT WHAT HAPPENED';
  const isAll = received.length === truth.length;
  if (state === 'open') return isAll ? 'all events' : 'a prefix, and silence for 15 s';
  if (state === 'cut') return 'a prefix, end seen';
  return isAll ? 'all events, then an end' : 'a prefix that LOOKS WHOLE';
}

/** The objects of a list, without the revision of the whole, which others' writes change; undefined: it is no list. */
export function itemsOf(body: Buffer | string): string | undefined {
  try {
    const { items } = JSON.parse(body.toString()) as { readonly items?: unknown };
    return items === undefined ? undefined : JSON.stringify(items);
  } catch {
    return undefined;
  }
}
