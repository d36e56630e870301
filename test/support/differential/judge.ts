// The two reactions to one row, in a form in which they can be expected.
import type { Message, Reaction } from './ask.ts';
import type { PolicyRow } from './policy-row.ts';

/** What a row expects, and what came of it. */
export interface Verdict {
  readonly kubectl: PolicyRow['kubectl'];
  readonly porthole: PolicyRow['porthole'];
  readonly onlyKubectl: readonly string[];
  readonly onlyPorthole: readonly string[];
}

export function expectedOf({ kubectl, porthole, only }: PolicyRow): Verdict {
  return {
    kubectl,
    porthole,
    onlyKubectl: [...(only?.kubectl ?? [])].sort(),
    onlyPorthole: [...(only?.porthole ?? [])].sort(),
  };
}

export function judge(kubectl: Reaction, porthole: Reaction): Verdict {
  const agreed = kubectl.outcome === porthole.outcome;
  const theirs = agreed ? linesOf(kubectl) : [];
  const ours = agreed ? linesOf(porthole) : [];
  return {
    kubectl: kubectl.outcome,
    porthole: porthole.outcome,
    onlyKubectl: without(theirs, ours),
    onlyPorthole: without(ours, theirs),
  };
}

/** The request line that `bytes` should leave with. */
export function requestLineOf({ request, sentAs }: PolicyRow): string {
  return sentAs ?? (/^[^\r\n]*/.exec(request)?.[0] ?? '').replace(/ HTTP\/1\.0$/, ' HTTP/1.1');
}

// What each adds to every request, answer and file; docs/kubectl.md has it under "Headers of every request".
const USUAL = [
  /^> user-agent: (?:kubectl|porthole)\//,
  /^> accept-encoding: gzip$/,
  /^> audit-id: [0-9a-f-]{36}$/,
  /^< date: /,
  /^< connection: close$/,
  /^< x-content-type-options: nosniff$/,
  /^< cache-control: no-cache$/,
  /^< etag: "[\w-]{22}"$/,
];

/** What has to be alike. Of a redirection that is where it leads to, and of 304 and of refusals no more than the status. */
function linesOf({ outcome, sent, answer }: Reaction): string[] {
  if (typeof outcome === 'number' && outcome >= 300) {
    const location = answer.fields.filter((field) => field.startsWith('location: '));
    return outcome === 301 ? location.map((field) => `< ${field}`) : [];
  }
  const lines = [...(sent === undefined ? [] : linesIn('>', sent)), ...linesIn('<', answer)];
  return lines.filter((line) => !USUAL.some((pattern) => pattern.test(line)));
}

function linesIn(mark: string, { start, fields, body }: Message): string[] {
  return [start, ...fields, ...(body === '' ? [] : [`body ${body}`])].map(
    (line) => `${mark} ${line}`,
  );
}

/** What is in `lines` more often than in `others`. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  const more = lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return more.sort();
}
