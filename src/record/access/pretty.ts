import type { ExchangeRecord } from '../exchange-record.ts';
import type { Folded } from './fold.ts';
import { layOut, type Said } from './layout.ts';
import { duration, isStream, objectOf, programOf, verbOf } from './words.ts';

/**
 * One line for a person, with its newline: time, status, verb, what it was done to, total time, (time to first byte), body
 * bytes, the client's program, and what went wrong. `columns` is the width of the terminal; undefined where there is none.
 */
export function prettyLine(record: ExchangeRecord, colour: boolean, columns?: number): string {
  const streamed = isStream(record) || record.upgrade !== undefined;
  const said: Said = {
    // The end of a stream is told hours after its beginning was.
    time: streamed ? record.time + record.durationMs : record.time,
    ...about(record),
    took: duration(record.durationMs),
    bytesOut: record.bytesOut,
    bytesIn: record.bytesIn,
    events: record.events,
    outcome: record.outcome,
    error: record.error,
  };
  return layOut(said, colour, columns);
}

/** The same for a stream that has only begun. */
export function openedLine(record: ExchangeRecord, colour: boolean, columns?: number): string {
  const said: Said = {
    time: record.time,
    ...about(record),
    took: 'opened',
    bytesOut: undefined,
    bytesIn: 0,
    events: undefined,
    outcome: undefined,
    error: undefined,
  };
  return layOut(said, colour, columns);
}

/** The same for several that are not worth a line each. */
export function foldedLine(folded: Folded, colour: boolean, columns?: number): string {
  const { first, kind, count } = folded;
  const said: Said = {
    time: first.time,
    ...about(first),
    status: folded.status ?? 'ok',
    what: `${kind} x${count}`,
    took: duration(folded.endedAt - folded.startedAt),
    ttfb: '',
    bytesOut: folded.bytesOut,
    bytesIn: 0,
    events: undefined,
    outcome: undefined,
    error: undefined,
  };
  return layOut(said, colour, columns);
}

function about(
  record: ExchangeRecord,
): Pick<Said, 'status' | 'verb' | 'what' | 'ttfb' | 'program' | 'session' | 'userAgent'> {
  return {
    status: record.status,
    verb: verbOf(record),
    what: objectOf(record),
    ttfb: record.ttfbMs === undefined ? '' : `(${duration(record.ttfbMs)})`,
    program: programOf(record),
    session: record.kubectlSession ?? '',
    userAgent: record.userAgent ?? '',
  };
}
