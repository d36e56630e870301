// The requests, the policies and kube-apiserver's recorded answers of test/fixtures/audit.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FIXTURES = fileURLToPath(new URL('../../fixtures/audit/', import.meta.url));

/** What kube-apiserver 1.20 recorded; written by test/e2e/audit-policy.test.ts when it is told to. */
export const ANSWERS_FILE = `${FIXTURES}kube-apiserver-1.20.txt`;

/** The policy that is nobody's. */
export const MATCHERS = `${FIXTURES}matchers.yaml`;

export interface PolicyRequest {
  /** As written in the file. */
  readonly line: string;
  readonly user: string;
  readonly method: string;
  readonly target: string;
}

export function policyRequests(): PolicyRequest[] {
  const lines = readFileSync(`${FIXTURES}requests.txt`, 'utf8').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [user = '', method = '', target = ''] = line.split(' ');
      return { line, user, method, target };
    });
}

/** Paths of the well-known policies, by their names. */
export function wellKnownPolicies(): ReadonlyMap<string, string> {
  const names = readdirSync(`${FIXTURES}policies`).sort();
  return new Map(
    names.map((name) => [name.replace('.yaml', ''), `${FIXTURES}policies/${name}`] as const),
  );
}

/** Every mistake that a policy can have in its values. */
export const MISTAKES = `${FIXTURES}mistakes.yaml`;

/** Those, and the one of the odd corners. */
export function allPolicies(): ReadonlyMap<string, string> {
  return new Map([...wellKnownPolicies(), ['matchers', MATCHERS]]);
}

/**
 * How a request is audited, in short: the level (M, R, RR) and the first letters of the stages that have an event, as in
 * `RR/rsc` for RequestReceived, ResponseStarted and ResponseComplete; `-` where there is no event.
 */
export type Answer = string;

const SHORT: Readonly<Record<string, string>> = {
  Metadata: 'M',
  Request: 'R',
  RequestResponse: 'RR',
  RequestReceived: 'r',
  ResponseStarted: 's',
  ResponseComplete: 'c',
};

export function answerOf(level: string, stages: readonly string[]): Answer {
  if (level === 'None' || stages.length === 0) return '-';
  return `${SHORT[level] ?? level}/${stages.map((stage) => SHORT[stage] ?? stage).join('')}`;
}

/** Answers by the name of the policy, then by the line of the request. */
export type Answers = ReadonlyMap<string, ReadonlyMap<string, Answer>>;

export function formatAnswers(answers: Answers): string {
  const names = [...allPolicies().keys()];
  const lines = policyRequests().map(({ line }) => {
    const cells = names.map((name) => (answers.get(name)?.get(line) ?? '?').padEnd(6));
    return `${cells.join(' ')} ${line}`;
  });
  return `# ${names.join(' ')}\n${lines.join('\n')}\n`;
}

export function readAnswers(): Answers {
  const [head = '', ...lines] = readFileSync(ANSWERS_FILE, 'utf8').trimEnd().split('\n');
  const names = head.slice(2).split(' ');
  const rows = lines.map((line) => line.split(/ +/));
  return new Map(
    names.map((name, column) => [
      name,
      new Map(
        rows.map((cells) => [cells.slice(names.length).join(' '), cells[column] ?? ''] as const),
      ),
    ]),
  );
}
