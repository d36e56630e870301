/** `--top`: a table of the requests, by what they have in common, or the slowest of them. */
import type { AuditReportOptions } from '../options.ts';
import { printableUpTo } from '../printable.ts';
import { type AuditEvent, droppedBefore, type FoundEvent } from './event.ts';
import { clientOf, resourceOf, userOf } from './names.ts';
import { RELATIVE_ERROR } from './sketch.ts';
import { Slowest } from './slowest.ts';
import { type Group, Tally, Totals } from './tally.ts';
import { duration, inert, localTime, table, textLine } from './text.ts';

type Grouping = AuditReportOptions['by'];

export interface TopOptions {
  readonly top: number;
  readonly by: Grouping;
  readonly output: AuditReportOptions['output'];
}

const NAME_OF: Readonly<Record<Exclude<Grouping, 'latency'>, (event: AuditEvent) => string>> = {
  client: clientOf,
  verb: ({ verb }) => verb || '-',
  resource: resourceOf,
  user: userOf,
  code: ({ code }) => String(code ?? '-'),
};

const HEADINGS = ['COUNT', 'SHARE', 'ERRORS', 'P50', 'P90', 'P99', 'MAX'];
const LONGEST_NAME = 80;
const LONG = 'watches, tunnels and logs';

/** Takes events, and makes a text of them in the end. */
export interface Top {
  add(found: FoundEvent): void;
  report(): string;
}

export function createTop({ top, by, output }: TopOptions): Top {
  const totals = new Totals();
  const body =
    by === 'latency' ? slowestBody(top, output, totals) : groupsBody(top, by, output, totals);
  return {
    add(found) {
      const dropped = droppedBefore(found.event);
      totals.dropped += dropped;
      if (dropped > 0) return;
      totals.add(found.event);
      body.add(found);
    },
    report: () => body.report() + (output === 'json' ? '' : footer(totals, body.remark())),
  };
}

interface Body extends Top {
  /** What else there is to say below the table, if anything. */
  remark(): string;
}

function slowestBody(top: number, output: TopOptions['output'], totals: Totals): Body {
  const slowest = new Slowest(top);
  return {
    add(found) {
      // Only of what is printed as it was, the line is kept.
      slowest.add(output === 'json' ? found : { event: found.event, line: '' });
    },
    report: () =>
      slowest.found
        .map(({ event, line }) => (output === 'json' ? `${inert(line)}\n` : textLine(event)))
        .join(''),
    remark: () =>
      totals.longRunning === 0
        ? ''
        : `${totals.longRunning} ${LONG} are left out, but where there is nothing else.`,
  };
}

function groupsBody(
  top: number,
  by: Exclude<Grouping, 'latency'>,
  output: TopOptions['output'],
  totals: Totals,
): Body {
  const tally = new Tally(NAME_OF[by]);
  return {
    add: ({ event }) => tally.add(event),
    report() {
      const groups = tally.first(top);
      if (output === 'json') return `${JSON.stringify(asJson(by, groups, totals))}\n`;
      const rows = groups.map((group) => rowOf(group, totals.count));
      return table([[by.toUpperCase(), ...HEADINGS], ...rows]);
    },
    remark() {
      const sentences = [];
      const more = tally.size - top;
      if (more > 0) sentences.push(`There are ${more} more.`);
      if (tally.others.count > 0)
        sentences.push(`(others) are those that came after the first ${tally.size}.`);
      if (totals.timed > 0) sentences.push(`Percentiles are exact to ${RELATIVE_ERROR * 100} %.`);
      if (totals.longRunning > 0)
        sentences.push(
          `Times leave out ${totals.longRunning} ${LONG}, but where there is nothing else.`,
        );
      return sentences.join(' ');
    },
  };
}

function rowOf(group: Group, total: number): string[] {
  const { name, count, errors, latencies } = group;
  const times =
    latencies === undefined
      ? ['-', '-', '-', '-']
      : [...[0.5, 0.9, 0.99].map((q) => latencies.quantile(q)), latencies.max].map(duration);
  const share = `${((100 * count) / total).toFixed(1)}%`;
  return [printableUpTo(LONGEST_NAME, name), String(count), share, String(errors), ...times];
}

function asJson(by: string, groups: readonly Group[], totals: Totals): object {
  const { count, errors, dropped, from, to } = totals;
  const iso = (time: number) =>
    Number.isFinite(time) ? new Date(time / 1000).toISOString() : undefined;
  return {
    by,
    requests: count,
    errors,
    dropped,
    from: iso(from),
    to: iso(to),
    groups: groups.map((group) => {
      const { latencies } = group;
      const ms = (q: number) => latencies && Math.round(latencies.quantile(q)) / 1000;
      return {
        [by]: group.name,
        count: group.count,
        share: group.count / count,
        errors: group.errors,
        p50Ms: ms(0.5),
        p90Ms: ms(0.9),
        p99Ms: ms(0.99),
        maxMs: latencies && latencies.max / 1000,
      };
    }),
  };
}

function footer({ count, errors, dropped, from, to }: Totals, remark: string): string {
  const share = count === 0 ? '0' : ((100 * errors) / count).toFixed(1);
  const span = Number.isFinite(from) ? `, from ${localTime(from)} to ${localTime(to)}` : '';
  const sentences = [`${count} requests, ${errors} with an error (${share} %)${span}.`, remark];
  if (dropped > 0) sentences.push(`${dropped} events are missing: porthole had to drop them.`);
  return `\n${sentences.filter((sentence) => sentence !== '').join('\n')}\n`;
}
