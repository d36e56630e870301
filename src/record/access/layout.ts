import type { Outcome } from '../exchange-record.ts';
import { type Paint, painter, statusColour } from './paint.ts';
import { bytes, clock, visible } from './words.ts';

/** What a line for a person says, before it has a width. Texts may be anybody's. */
export interface Said {
  readonly time: number;
  /** Of the answer; a word where several share a line. */
  readonly status: number | string | undefined;
  readonly verb: string;
  readonly what: string;
  /** How long it took, or a word in its place. */
  readonly took: string;
  /** Time to first byte; '' for none. */
  readonly ttfb: string;
  /** Body bytes; undefined while there can be none to speak of. */
  readonly bytesOut: number | undefined;
  readonly bytesIn: number;
  readonly events: number | undefined;
  /** The client's program, its run of kubectl and its whole User-Agent. */
  readonly program: string;
  readonly session: string;
  readonly userAgent: string;
  /** How it ended, when not well. */
  readonly outcome: Outcome | undefined;
  readonly error: string | undefined;
}

/** Widths of columns, in characters. */
interface Layout {
  /** 12, or 8 without milliseconds. */
  readonly time: number;
  readonly what: number;
  /** 0 leaves the column out. */
  readonly ttfb: number;
  /** What is left for the rest of the line; Infinity where lines may be as long as they are. */
  readonly rest: number;
  readonly names: 'bare' | 'program' | 'all';
}

const STATUS = 3;
const VERB = 6;
const TOOK = 7;
const TTFB = 9;
const BYTES = 7;
const LONGEST_VERB = 'deletecollection'.length;
const MAX_WHAT = 200;
const MAX_NAME = 60;
const MAX_AGENT = 300;
const MAX_ERROR = 500;
/** As many characters of a session's UUID tell runs apart. */
const SESSION = 8;

/** Narrower terminals wrap. */
const NARROWEST = 64;
/** From here on there is room for all columns, and from there on for the User-Agent too. */
const ALL_COLUMNS = 120;
const WIDE = 160;

/** Where no terminal sets a width, columns are as wide as most need, and nothing is cut. */
const UNBOUNDED: Layout = {
  time: 12,
  what: 44,
  ttfb: TTFB,
  rest: Infinity,
  names: 'program',
};

const MUTATING = new Set([
  ...['create', 'update', 'patch', 'delete', 'deletecollection'],
  ...['post', 'put'], // verbs of non-resource requests are methods
]);

/**
 * One line with its newline. With `columns` it fits into so many, and what is cut ends with `…`; only the sentence of a
 * failure may go on behind them. Nothing in it can steer a terminal but our own colours.
 */
export function layOut(said: Said, colour: boolean, columns: number | undefined): string {
  const layout = columns ? layoutOf(Math.max(columns, NARROWEST)) : UNBOUNDED;
  const paint = painter(colour);
  const bounded = layout.rest !== Infinity;
  const verb = cutEnd(visible(said.verb, MAX_NAME), bounded ? LONGEST_VERB : Infinity);
  const width = Math.max(0, layout.what - Math.max(0, verb.length - VERB));
  const what = visible(said.what, MAX_WHAT);
  const cells = [
    paint('dim', clock(said.time).slice(0, layout.time)),
    paint(statusColour(said.status), String(said.status ?? '-').padStart(STATUS)),
    paint(MUTATING.has(verb) ? 'magenta' : 'bold', verb.padEnd(VERB)),
    (bounded ? cutMiddle(what, width) : what).padEnd(width),
    said.took.padStart(TOOK),
  ];
  if (layout.ttfb > 0) cells.push(paint('dim', said.ttfb.padStart(layout.ttfb)));
  cells.push(size(said, layout).padStart(BYTES));
  return `${cells.join(' ')} ${rest(said, layout, paint)}\n`;
}

let latest: { readonly columns: number; readonly layout: Layout } | undefined;

function layoutOf(columns: number): Layout {
  if (latest?.columns !== columns) latest = { columns, layout: divide(columns) };
  return latest.layout;
}

/** Most of the room is for what it was done to: it says most. */
function divide(columns: number): Layout {
  const all = columns >= ALL_COLUMNS;
  const time = all ? 12 : 8;
  const ttfb = all ? TTFB : 0;
  const taken = time + STATUS + VERB + TOOK + BYTES + 6 + (all ? ttfb + 1 : 0);
  const room = columns - taken;
  const rest = all ? Math.max(24, room - 60) : 12 + clamp(Math.floor((columns - 80) / 4), 0, 8);
  const names = columns >= WIDE ? 'all' : all ? 'program' : 'bare';
  return { time, ttfb, rest, what: room - rest, names };
}

/** Bytes; of a watch its events, where there is no room for both. */
function size({ bytesOut, events }: Said, { names }: Layout): string {
  if (names === 'bare' && events !== undefined) return `${short(events)}ev`;
  return bytesOut === undefined ? '' : bytes(bytesOut);
}

/** In four digits: `9999`, `123k`, `4M`. */
function short(n: number): string {
  if (n < 10_000) return String(n);
  return n < 1e6 ? `${Math.floor(n / 1e3)}k` : `${Math.floor(n / 1e6)}M`;
}

function clamp(n: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, n));
}

function rest(said: Said, layout: Layout, paint: Paint): string {
  const { outcome, error } = said;
  const names = namesOf(said, layout);
  if (outcome === undefined || outcome === 'ok') return cutEnd(names, layout.rest);
  const left = outcome === 'client-gone' || outcome === 'stopped';
  const painted = paint(left ? 'yellow' : 'red', outcome);
  // Their sentences say no more than the word.
  if (left && layout.rest !== Infinity) {
    const shown = cutEnd(names, layout.rest - outcome.length - 1);
    return shown === '' ? painted : `${shown} ${painted}`;
  }
  const sentence = error === undefined ? '' : `: ${visible(error, MAX_ERROR)}`;
  return `${cutEnd(names, layout.rest)} ${painted}${sentence}`;
}

function namesOf(said: Said, { names }: Layout): string {
  if (names === 'bare') return visible(bare(said.program), MAX_NAME);
  const shown: string[] = [];
  if (said.bytesIn > 0) shown.push(`+${bytes(said.bytesIn)} in`);
  if (said.events !== undefined)
    shown.push(said.events === 1 ? '1 event' : `${said.events} events`);
  if (names === 'program') shown.push(visible(said.program, MAX_NAME));
  else {
    const agent = said.userAgent.trim();
    if (!agent.startsWith(said.program)) shown.push(visible(said.program, MAX_NAME));
    if (said.session !== '') shown.push(visible(said.session.slice(0, SESSION), SESSION));
    if (agent !== '') shown.push(visible(agent, MAX_AGENT));
  }
  return shown.join(' ');
}

/** Without the version of a product. */
function bare(program: string): string {
  const slash = program.indexOf('/');
  return slash > 0 ? program.slice(0, slash) : program;
}

/** Both ends say something: the resource, and the name. */
function cutMiddle(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = Math.floor((max - 1) / 2);
  return `${text.slice(0, Math.max(0, max - 1 - end))}…${end > 0 ? text.slice(-end) : ''}`;
}

function cutEnd(text: string, max: number): string {
  if (text.length <= max) return text;
  return max < 4 ? '' : `${text.slice(0, max - 1)}…`;
}
