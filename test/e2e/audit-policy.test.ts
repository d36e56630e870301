import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readYaml } from '../../src/kubeconfig/yaml.ts';
import { loadPolicy, parsePolicy } from '../../src/record/audit/policy/load.ts';
import { complaintOf } from '../support/audit/policy-api-server.ts';
import { ourAnswer } from '../support/audit/policy-decisions.ts';
import {
  ANSWERS_FILE,
  type Answer,
  allPolicies,
  formatAnswers,
  MISTAKES,
  policyRequests,
} from '../support/audit/policy-fixtures.ts';
import { askApiServer } from '../support/audit/policy-oracle.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { writePki } from '../support/cluster/pki.ts';
import { type Place, type Program, startEtcd } from '../support/cluster/programs.ts';

/** An API server each takes its time to start: the longest, one with names of its own, and the odd corners. */
const LIVE = ['gke', 'openshift-default', 'matchers'];

/** RECORD_AUDIT_ANSWERS=1: all policies are asked for, and what comes out becomes the fixture of the unit test. */
const RECORD = process.env['RECORD_AUDIT_ANSWERS'] === '1';

describeOnCluster('an audit policy in porthole and in kube-apiserver', ({ assets }) => {
  const requests = policyRequests();
  const policies = [...allPolicies()].filter(([name]) => RECORD || LIVE.includes(name));
  const answers = new Map<string, ReadonlyMap<string, Answer>>();
  let place: Place;
  let etcd: Program | undefined;

  beforeAll(async () => {
    const dir = mkdtempSync(join(tmpdir(), 'porthole-audit-policy-'));
    place = { assets, dir, pki: writePki(dir) };
    etcd = await startEtcd(place);
  });

  afterAll(async () => {
    await etcd?.stop();
    rmSync(place.dir, { recursive: true, force: true, maxRetries: 3 });
    if (RECORD) writeFileSync(ANSWERS_FILE, formatAnswers(answers));
  });

  it.concurrent.each(policies)('decides alike by the policy %s', async (name, file) => {
    const theirs = await askApiServer(place, portOf(etcd), { name, file }, requests);
    answers.set(name, theirs);
    const { decide } = loadPolicy(file, { readYaml });
    const ours = new Map(requests.map((each) => [each.line, ourAnswer(decide, each)]));
    expect(ours).toEqual(theirs);
  });

  it.concurrent('refuses bad values with the same words', async () => {
    const theirs = await complaintOf(place, portOf(etcd), 'mistakes', MISTAKES);
    // Kubernetes 1.20 prints lists as Go does, today's as JSON.
    const asJson = theirs.replace(/\[\]string\{(.*?)\}/g, (_all, items: string) =>
      JSON.stringify(items.split(', ').map((item) => JSON.parse(item))),
    );
    const text = readFileSync(MISTAKES, 'utf8');
    expect(() => parsePolicy(text, 'mistakes.yaml', { readYaml })).toThrow(
      expect.objectContaining({
        message: `cannot use the audit policy "mistakes.yaml": ${asJson}`,
      }),
    );
  });
});

function portOf(program: Program | undefined): number {
  if (program === undefined) throw new Error('it did not start');
  return program.port;
}
