import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import type { BothProxies } from '../support/differential/both-proxies.ts';
import { compareAll, type Group } from '../support/differential/compare.ts';
import * as accept from '../support/differential/policy-accept.ts';
import { answerByPath } from '../support/differential/policy-answers.ts';
import { headers, unreachable } from '../support/differential/policy-headers.ts';
import { barePattern, bothPatterns, hosts } from '../support/differential/policy-hosts.ts';
import { origins } from '../support/differential/policy-origins.ts';
import { paths } from '../support/differential/policy-paths.ts';
import { get } from '../support/differential/policy-row.ts';

const BY_DEFAULT = 'by default';

const groups: readonly Group[] = [
  {
    title: BY_DEFAULT,
    setup: { script: answerByPath },
    rows: [...accept.accept, ...hosts, ...origins, ...paths, ...headers],
  },
  withFlags('--reject-methods=GET', accept.withoutGet),
  withFlags('--reject-methods=POST', accept.withoutPost),
  withFlags('--reject-methods=PUT', accept.withoutPut),
  withFlags('--reject-methods=PATCH', accept.withoutPatch),
  withFlags('--reject-methods=POST,PUT,PATCH', accept.withoutWrites),
  withFlags('--reject-paths=', accept.withoutRejects),
  withFlags('--accept-paths=bar,.*', accept.barOrAll),
  withFlags('--accept-paths=bar,fo.*', accept.barOrFo),
  withFlags(`--reject-paths=${accept.RE2_PATTERNS.join(',')}`, accept.re2),
  withFlags('--reject-paths=^/a{1,2}$', accept.commas),
  withFlags('--accept-hosts=^::1$', barePattern),
  withFlags(String.raw`--accept-hosts=^::1$,^\[::1\]$`, bothPatterns),
  withFlags('--disable-filter', accept.unfiltered),
  withFlags('--as=readonly', accept.impersonating),
  withFlags('--token=ours', accept.withToken),
  {
    title: 'a server that is not there',
    setup: { kubeconfig: () => ({ cluster: { server: 'https://127.0.0.1:1' } }) },
    rows: unreachable,
  },
];

function withFlags(flag: string, rows: Group['rows']): Group {
  return { title: flag, setup: { flags: [flag] }, rows };
}

describeOnCluster('the same bytes to kubectl proxy and porthole', (cluster) => {
  compareAll(cluster, groups, { [BY_DEFAULT]: moreByDefault });
});

function moreByDefault(both: () => BothProxies): void {
  it('each adds to a request what is its own', async () => {
    const { kubectl, porthole } = await both().react(get('/version'));
    const host = `host: 127.0.0.1:${both().upstream.port}`;
    expect(kubectl.sent?.fields).toEqual([
      host,
      expect.stringMatching(/^user-agent: kubectl\//),
      'x-forwarded-for: 127.0.0.1',
      'accept-encoding: gzip',
    ]);
    expect(porthole.sent?.fields).toEqual([
      host,
      'x-forwarded-for: 127.0.0.1',
      expect.stringMatching(/^audit-id: [0-9a-f-]{36}$/),
      expect.stringMatching(/^user-agent: porthole\//),
    ]);
  });

  it('D15 an answer that nobody asked for reaches no later request', async () => {
    const { kubectl, porthole } = await both().react(get('/answers/twice'));
    expect([kubectl.answer.body, porthole.answer.body]).toEqual(['ok', 'ok']);
    const next = await both().react(get('/version'));
    expect([next.kubectl.answer.body, next.porthole.answer.body]).toEqual(['ok', 'ok']);
  });

  it('F21 porthole forwards no path that kubectl rejects, and rejects none that kubectl forwards', async () => {
    const piece = fc.constantFrom(
      ...['/', '//', '/api', '/v1', '/pods', '/p', '/exec', '/attach', 'exec', 'x', ';', '..', '.'],
      ...['%2f', '%2F', '%65xec', '%2565', '%00', '%0a', '%5c', '%25', '%c3%a4', '%ff', '?', '&'],
    );
    const path = fc
      .array(piece, { maxLength: 9 })
      .map((pieces) => `/api/v1/pods${pieces.join('')}`);
    const outcomes: unknown[] = [];
    await fc.assert(
      fc.asyncProperty(path, async (target) => {
        const { kubectl, porthole } = await both().react(get(target));
        outcomes.push(porthole.outcome);
        if (kubectl.outcome === 403) expect(porthole.outcome).toBeOneOf([400, 403]);
        if (kubectl.outcome === 'forwarded') expect(porthole.outcome).toBeOneOf([400, 'forwarded']);
        if (porthole.outcome !== 'forwarded') expect(porthole.sent).toBeUndefined();
      }),
      { seed: 8001, numRuns: 500 },
    );
    expect(new Set(outcomes)).toEqual(new Set([400, 403, 'forwarded']));
  });
}
