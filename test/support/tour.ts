// The README's tour: its commands are read from the README itself and run as they are printed.
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { RunningCommand, run } from './process.ts';

export interface TourStep {
  readonly command: string;
  /** What its stdout must hold. */
  readonly prints: RegExp;
  /** For a watch: the command of "another shell", after which the output is there. */
  readonly meanwhile?: TourStep;
}

interface Place {
  readonly host: string;
  /** An empty folder; pod.yaml is put here. */
  readonly cwd: string;
  /** Its PATH has curl, and kubectl for the steps that use it. */
  readonly env: NodeJS.ProcessEnv;
}

export const POD_FILE = fileURLToPath(new URL('../fixtures/pod.yaml', import.meta.url));
const README_FILE = fileURLToPath(new URL('../../README.md', import.meta.url));
const TOUR = /<!-- tour -->(.*?)<!-- \/tour -->/gs;
const COMMAND = /^\$ ((?:.*\\\n)*.*)$/gm;

const PODS = '$HOST/api/v1/namespaces/project1/pods';
const WATCH = `curl -N "${PODS}?watch=1"`;

/** Every command of the tour, and how one sees that it worked: curl ends with 0 whatever the status is. */
const PRINTS: Readonly<Record<string, RegExp>> = {
  'curl $HOST/version': /"gitVersion": ?"v/,
  'curl "$HOST/livez?verbose"': /^\[\+\]ping ok$.*^livez check passed$/ms,
  'curl "$HOST/healthz?verbose"': /^\[\+\]ping ok$.*^healthz check passed$/ms,
  'curl $HOST/api/v1/namespaces/default/pods': /"kind": ?"PodList".*"containers":/s,
  'curl $HOST/apis/apps/v1/namespaces/project1/deployments':
    /"kind": ?"DeploymentList".*"replicas":/s,
  [`curl ${PODS} -H "Content-Type: application/yaml" --data-binary @pod.yaml`]:
    /"kind": ?"Pod".*"name": ?"hello".*"uid":/s,
  [WATCH]: /^\{"type":"ADDED","object":\{.*"name":"hello"/m,
  [`curl -X DELETE ${PODS}/hello`]: /"kind": ?"Pod".*"name": ?"hello"|"status": ?"Success"/s,
  'kubectl --server=$HOST get --raw /': /"paths":.*"\/apis\/apps\/v1"/s,
  'kubectl --server=$HOST api-resources': /^pods +po +v1 +true +Pod$/m,
  'kubectl --server=$HOST get pods -A': /^NAMESPACE +NAME .*\ndefault /m,
};

/** The README's commands in their order. Throws when README and table do not name the same ones. */
export function readTour(): TourStep[] {
  const readme = readFileSync(README_FILE, 'utf8');
  if (!readme.includes(readFileSync(POD_FILE, 'utf8'))) {
    throw new Error('README.md does not show pod.yaml as test/fixtures/pod.yaml has it');
  }
  const blocks = [...readme.matchAll(TOUR)].map((block) => block[1] ?? '');
  const commands = [...blocks.join('\n').matchAll(COMMAND)].map((line) => line[1] ?? '');
  const untold = Object.keys(PRINTS).filter((command) => !commands.includes(command));
  if (untold.length > 0) throw new Error(`README.md's tour lacks: ${untold.join(' · ')}`);
  return steps(commands);
}

function steps(commands: readonly string[]): TourStep[] {
  const [command, ...rest] = commands;
  if (command === undefined) return [];
  const prints = PRINTS[command];
  if (prints === undefined) throw new Error(`no expectation for README.md's command: ${command}`);
  if (command !== WATCH) return [{ command, prints }, ...steps(rest)];
  const [meanwhile, ...later] = steps(rest);
  if (meanwhile === undefined) throw new Error('README.md must show what makes the watch speak');
  return [{ command, prints, meanwhile }, ...later];
}

/** Declares one test for each step; they build on each other. */
export function itRunsTheTour(tour: readonly TourStep[], place: () => Place): void {
  for (const step of tour) {
    const { command, meanwhile } = step;
    it(
      meanwhile ? `${command} while another shell runs ${meanwhile.command}` : command,
      async () => {
        const { host, cwd, env } = place();
        copyFileSync(POD_FILE, join(cwd, 'pod.yaml'));
        await runStep(step, { cwd, env: { ...env, HOST: host } });
      },
    );
  }
}

async function runStep(step: TourStep, options: { cwd: string; env: NodeJS.ProcessEnv }) {
  const bash = ['-c', step.command];
  if (step.meanwhile === undefined) {
    const { code, stdout, stderr } = await run('bash', bash, options);
    expect({ code, stdout, stderr }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(step.prints),
    });
    return;
  }
  const watching = new RunningCommand('bash', bash, options);
  try {
    await runStep(step.meanwhile, options);
    await watching.waitFor('stdout', step.prints);
  } finally {
    await watching.stop();
  }
}
