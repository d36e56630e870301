// Compares what porthole's trace shows with what a client of client-go logs of its own requests (klog, -v=6 and above).

/** A call as the client tells of it. Times are on one scale: ms of the day, or lines of its log. */
export interface LoggedCall {
  /** `200 GET /api?timeout=32s` */
  readonly call: string;
  /** Not later than it was asked. */
  readonly asked: number;
  /** Not earlier than its answer began. */
  readonly answered: number;
}

const RESPONSE =
  /^I\d{4} (\d+):(\d+):([\d.]+) .*\] "Response" verb="(\w+)" url="https?:\/\/[^/"]+([^"]*)" status="(\d*)[^"]*"(?:.* milliseconds=(\d+))?/;
const REQUEST = /^\tcurl -v -X(\w+) .* 'https?:\/\/[^/']+([^']*)'$/;

/** A clock that is read a moment after what it tells of: the log's line is made later than its milliseconds. */
const SLACK_MS = 20;

/** At -v=6, when a call was asked is counted back from its answer. */
export function loggedByTime(log: string): LoggedCall[] {
  return log.split('\n').flatMap((line) => {
    const match = RESPONSE.exec(line);
    if (match === null) return [];
    const [, hours, minutes, seconds, method, uri, status, took] = match;
    const answered = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
    const asked = answered - Number(took) - 1 - SLACK_MS;
    return [{ call: `${status || '-'} ${method} ${uri}`, asked, answered }];
  });
}

/** At -v=9 requests have lines of their own, so that the log itself says what came after what. */
export function loggedByLine(log: string): LoggedCall[] {
  const open = new Map<string, number[]>();
  return log.split('\n').flatMap((line, number) => {
    const request = REQUEST.exec(line);
    if (request !== null) {
      const key = `${request[1]} ${request[2]}`;
      open.set(key, [...(open.get(key) ?? []), number]);
    }
    const [, , , , method, uri, status] = RESPONSE.exec(line) ?? [];
    if (method === undefined) return [];
    const asked = open.get(`${method} ${uri}`)?.shift();
    if (asked === undefined) throw new Error(`no request for: ${line}`);
    return [{ call: `${status || '-'} ${method} ${uri}`, asked, answered: number }];
  });
}

/** Calls in the order of a trace's lines, but for those that tell of an end alone. */
export function tracedCalls(trace: string): string[] {
  return trace.split('\n').flatMap((line) => {
    const [, status, method, uri, end] =
      /^ *\d+\.\d{3} +(\S+) \S+ +(\S+) +\S+ +\S+ (\S+)( \(end.*)?/.exec(line) ?? [];
    return status === undefined || end !== undefined ? [] : [`${status} ${method} ${uri}`];
  });
}

/** Pairs of calls of which the client asked for the second when it had the answer to the first. */
export function inOrder(logged: readonly LoggedCall[]): [LoggedCall, LoggedCall][] {
  return logged.flatMap((first) =>
    logged
      .filter((second) => first.answered < second.asked)
      .map((second): [LoggedCall, LoggedCall] => [first, second]),
  );
}

/**
 * In what a trace differs from the client's own account: calls that only one of them has, and calls in another order. Those
 * that overlapped in time have none: which answer is logged first is up to the client's scheduler.
 */
export function differences(logged: readonly LoggedCall[], traced: readonly string[]): string[] {
  const left = traced.map((call, at) => ({ call, at }));
  const found: string[] = [];
  const places = new Map<LoggedCall, number>();
  for (const each of logged) {
    const index = left.findIndex(({ call }) => call === each.call);
    const [taken] = index < 0 ? [] : left.splice(index, 1);
    if (taken === undefined) found.push(`not in the trace: ${each.call}`);
    else places.set(each, taken.at);
  }
  found.push(...left.map(({ call }) => `in the trace alone: ${call}`));
  for (const [first, second] of inOrder(logged)) {
    if ((places.get(first) ?? -1) > (places.get(second) ?? Infinity))
      found.push(`out of order: ${second.call} before ${first.call}`);
  }
  return found;
}
