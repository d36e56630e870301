import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import {
  type AuditEvent,
  type Comparison,
  compareLogs,
  describeUnequal,
  readEvents,
  type Unequal,
} from '../support/audit/comparison.ts';
import { byReason } from '../support/audit/differences.ts';
import { mix, prepare } from '../support/audit/mix/mix.ts';
import { type Cluster, type StartedCluster, startCluster } from '../support/cluster/cluster.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { startPorthole } from '../support/proxies.ts';

const POLICY = fileURLToPath(new URL('../fixtures/audit/all-levels.yaml', import.meta.url));

/** AUDIT_COMPARISON=file: both logs are written there, to look at. */
const KEEP = process.env['AUDIT_COMPARISON'];

const WAIT_MS = 15_000;
const LOOK_EVERY_MS = 100;

/** What is left of the mix once everything has ended. */
interface Left {
  readonly ours: readonly AuditEvent[];
  /** Of the time of the mix. */
  readonly theirs: readonly AuditEvent[];
  /** Audit-IDs in porthole's access log: of requests that went to the API server, and of those that did not. */
  readonly forwarded: ReadonlySet<string>;
  readonly refused: ReadonlySet<string>;
}

describeOnCluster("porthole's audit log and kube-apiserver's, by one policy", ({ assets }) => {
  let left: Left;
  let comparison: Comparison;
  let reasons: ReadonlyMap<string, readonly Unequal[]>;

  beforeAll(async () => {
    const started = await startCluster(assets, POLICY);
    try {
      left = await recordMix(started);
    } finally {
      await started.stop();
    }
    comparison = compareLogs(left.ours, left.theirs, left.forwarded);
    reasons = byReason(comparison.unequal);
    if (KEEP !== undefined) keep(KEEP, left, comparison, reasons);
  });

  it('has hundreds of requests to compare, at every level', () => {
    const events = left.ours.filter(({ auditID }) => left.forwarded.has(auditID));
    expect(left.forwarded.size).toBeGreaterThan(800);
    expect(comparison.pairs).toBeGreaterThan(1_200);
    const inEvents = new Set(events.map(({ auditID }) => auditID));
    expect(left.forwarded.size - inEvents.size).toBeGreaterThan(10); // level None
    for (const level of ['Metadata', 'Request', 'RequestResponse'])
      for (const stage of ['RequestReceived', 'ResponseStarted', 'ResponseComplete'])
        expect(events.some((event) => event.level === level && event.stage === stage)).toBe(true);
  });

  it('says the same of each request, but for the differences of docs/audit.md', () => {
    expect(describeUnequal(reasons.get('') ?? [])).toBe('');
  });

  it('shows each of those differences', () => {
    const unused = [...reasons].filter(([, found]) => found.length === 0).map(([name]) => name);
    expect(unused).toEqual([]);
  });

  it('has one last event of each request that is in it', () => {
    const last = left.ours.filter(({ stage }) => stage === 'ResponseComplete');
    const ids = last.map(({ auditID }) => auditID);
    expect(ids).toHaveLength(new Set(ids).size);
    expect(new Set(left.ours.map(({ auditID }) => auditID))).toEqual(new Set(ids));
  });

  it('lacks nothing that came to the API server meanwhile, but for the question who one is', () => {
    const others = left.theirs
      .filter(({ auditID, user }) => !left.forwarded.has(auditID) && !isOwn(user))
      .map(({ requestURI }) => requestURI);
    expect(new Set(others)).toEqual(
      new Set([
        '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        '/apis/authentication.k8s.io/v1beta1/selfsubjectreviews',
      ]),
    );
  });

  it('alone has what porthole refused', () => {
    expect(left.refused.size).toBe(4);
    const inOurs = new Set(left.ours.map(({ auditID }) => auditID));
    const inTheirs = new Set(left.theirs.map(({ auditID }) => auditID));
    for (const auditID of left.refused) {
      expect(inOurs.has(auditID)).toBe(true);
      expect(inTheirs.has(auditID)).toBe(false);
    }
  });
});

async function recordMix({ cluster }: StartedCluster): Promise<Left> {
  await prepare(cluster);
  const since = new Date().toISOString();
  const { certificateData, token } = cluster.kubeconfigs;
  const [admin, byToken, acting] = await Promise.all([
    startRecording(cluster, 'admin', certificateData),
    startRecording(cluster, 'by-token', token),
    startRecording(cluster, 'acting', certificateData, ['--as=jane', '--as-group=a']),
  ]);
  await mix(cluster, {
    admin: admin.proxy.url,
    byToken: byToken.proxy.url,
    acting: acting.proxy.url,
  });
  const all = [admin, byToken, acting];
  await Promise.all(all.map(({ proxy }) => proxy.stop()));
  const ours = all.flatMap(({ file }) => readEvents(readFileSync(file, 'utf8')));
  // A watch has two lines, one for its beginning.
  const lines = all.flatMap(({ proxy }) => proxy.log()).filter((line) => 'auditID' in line);
  const ids = (refused: boolean) =>
    new Set(
      lines
        .filter(({ outcome }) => (outcome === 'refused') === refused)
        .map(({ auditID }) => String(auditID)),
    );
  const theirs = await readTheirs(cluster.auditLog, since);
  return { ours, theirs, forwarded: ids(false), refused: ids(true) };
}

/** porthole with the policy and an audit log of its own. */
async function startRecording(
  cluster: Cluster,
  name: string,
  kubeconfig: string,
  more: readonly string[] = [],
) {
  const file = join(cluster.dir, `${name}.audit`);
  const flags = [
    ...[`--audit-policy-file=${POLICY}`, `--audit-log-path=${file}`],
    ...['--log-format=json', '--reject-paths=^$', ...more],
  ];
  return { file, proxy: await startPorthole(cluster, { kubeconfig, flags }) };
}

/** The API server ends what a client has left shortly after it; each beginning that it has recorded gets an end. */
async function readTheirs(file: string, since: string): Promise<AuditEvent[]> {
  for (const limit = performance.now() + WAIT_MS; ; await sleep(LOOK_EVERY_MS)) {
    const events = readEvents(readFileSync(file, 'utf8')).filter(
      ({ requestReceivedTimestamp }) => requestReceivedTimestamp >= since,
    );
    const ended = new Set(events.filter((event) => !isOpen(event)).map(({ auditID }) => auditID));
    if (events.every(({ auditID, user }) => ended.has(auditID) || isOwn(user))) return events;
    if (performance.now() > limit) throw new Error('the API server does not end all requests');
  }
}

/** Something is to come: of a refused credential, nothing is. */
function isOpen({ stage, responseStatus }: AuditEvent): boolean {
  return stage !== 'ResponseComplete' && responseStatus?.['code'] !== 401;
}

/** The API server's own requests to itself. */
function isOwn(user: AuditEvent['user']): boolean {
  return user['username'] === 'system:apiserver';
}

function keep(
  file: string,
  { ours, theirs, forwarded, refused }: Left,
  { pairs }: Comparison,
  reasons: ReadonlyMap<string, readonly Unequal[]>,
): void {
  const counts = Object.fromEntries([...reasons].map(([name, { length }]) => [name, length]));
  const logs = { ours, theirs, forwarded: [...forwarded], refused: [...refused] };
  writeFileSync(file, JSON.stringify({ pairs, counts, ...logs }));
}
