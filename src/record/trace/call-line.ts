import { painter, statusColour } from '../access/paint.ts';
import { bytes, duration, visible } from '../access/words.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import { endedAsStreamsDo, problem, uri, verb } from './call.ts';

const WIDTH = { at: 7, status: 3, verb: 6, method: 6, duration: 6, bytes: 7 };
const LONGEST_METHOD = 20;

/** What is known of an answer when its head is there; in ms: since the trace began, and since the request. */
export interface Answered {
  readonly at: number;
  readonly ms: number;
  readonly status: number;
}

/**
 * A line for a call that has ended, and began to be answered at `at` (ms since the trace began): that as seconds, status,
 * verb, method, how long it took, body bytes of the answer, path and query; and what went wrong.
 */
export function callLine(record: ExchangeRecord, at: number, colour: boolean): string {
  return `${ended(record, at, colour)}${failure(record, colour)}\n`;
}

/** A line for an answer that begins and goes on: a watch, a tunnel. */
export function openingLine(record: ExchangeRecord, answered: Answered, colour: boolean): string {
  return `${columns(record, { ...answered, size: 'open' }, colour)}\n`;
}

/** A line for its end. */
export function endLine(record: ExchangeRecord, at: number, colour: boolean): string {
  const { events } = record;
  const counted = events === undefined ? '' : `, ${events} ${events === 1 ? 'event' : 'events'}`;
  const how = endedAsStreamsDo(record) ? '' : failure(record, colour);
  return `${ended(record, at, colour)} (end${counted})${how}\n`;
}

function ended(record: ExchangeRecord, at: number, colour: boolean): string {
  const { status, durationMs: ms, bytesOut } = record;
  return columns(record, { at, ms, status, size: bytes(bytesOut) }, colour);
}

interface Shown extends Omit<Answered, 'status'> {
  readonly status: number | undefined;
  readonly size: string;
}

function columns(record: ExchangeRecord, shown: Shown, colour: boolean): string {
  const { at, ms, status, size } = shown;
  const paint = painter(colour);
  return [
    paint('dim', (at / 1000).toFixed(3).padStart(WIDTH.at)),
    paint(statusColour(status), String(status ?? '-').padStart(WIDTH.status)),
    verb(record).padEnd(WIDTH.verb),
    visible(record.method || '-', LONGEST_METHOD).padEnd(WIDTH.method),
    duration(ms).padStart(WIDTH.duration),
    size.padStart(WIDTH.bytes),
    uri(record),
  ].join(' ');
}

function failure(record: ExchangeRecord, colour: boolean): string {
  const { outcome } = record;
  if (outcome === undefined || outcome === 'ok') return '';
  const sentence = problem(record);
  const painted = painter(colour)('red', outcome);
  return sentence === undefined ? ` ${painted}` : ` ${painted}: ${sentence}`;
}
