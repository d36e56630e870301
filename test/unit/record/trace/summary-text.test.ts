import { describe, expect, it } from 'vitest';
import type { CallGroup, TraceSummary } from '../../../../src/record/trace/summary.ts';
import { summaryJson, summaryText } from '../../../../src/record/trace/summary-text.ts';

const GROUP: CallGroup = {
  ...{ verb: 'create', resource: 'deployments.apps', calls: 3, failed: 1, totalMs: 1204.4 },
  ...{ meanMs: 401.5, p95Ms: 1100, maxMs: 1100, bytesSent: 2000, bytesReceived: 12_345 },
};

const SUMMARY: TraceSummary = {
  ...{ program: 'helm', exitCode: 1, wallMs: 3200, apiMs: 1100.00049, streamingMs: 0 },
  ...{ calls: 41, failed: 2, discovery: 30, bytesSent: 2000, bytesReceived: 456_789 },
  groups: [GROUP],
  slowest: [
    { verb: 'create', object: 'deployments.apps/default/web', status: 201, ms: 1100 },
    { verb: 'get', object: '/version', status: null, ms: 3 },
  ],
  failures: [
    { verb: 'get', object: 'secrets/a/b', status: 404, outcome: 'ok', error: null, calls: 2 },
    {
      verb: 'get',
      object: '/x',
      status: null,
      outcome: 'client-gone',
      error: 'It left.',
      calls: 1,
    },
  ],
  otherFailures: 0,
  connections: {
    ...{ opened: 2, reuses: 39, addresses: ['127.0.0.1:6443'], dialMs: 3, tlsMs: 9 },
    ...{ authMs: 0, replayed: 0 },
  },
};

describe('the summary of a trace', () => {
  it('is a table of what a command asked for', () => {
    expect(summaryText(SUMMARY)).toBe(
      `helm: 3.20s in all, 1.10s (34 %) in the API, 41 calls
2 failed, discovery: 30, 2.0kB sent, 456.8kB received
2 connections opened to 127.0.0.1:6443 (1.50ms TCP, 4.50ms TLS each), 39 calls on open ones

calls failed  total   mean    p95    max   bytes verb and resource
    3      1 1204ms  402ms 1100ms 1100ms  12.3kB create deployments.apps

slowest:
  1100ms 201 create deployments.apps/default/web
  3.00ms   - get /version

failed:
  404 get secrets/a/b (2 times)
    - get /x client-gone: It left.
`,
    );
  });

  it('asks whether a command without a call reads KUBECONFIG', () => {
    expect(summaryText({ ...SUMMARY, program: 'curl', wallMs: 310, calls: 0 })).toBe(
      'curl: 310ms in all, no call came through porthole: does curl read KUBECONFIG?\n',
    );
  });

  it('tells of streams, credentials and renewals only where there were some', () => {
    const connections = { ...SUMMARY.connections, authMs: 1500, replayed: 1 };
    const text = summaryText({ ...SUMMARY, failed: 0, streamingMs: 2000, connections });
    expect(text).toContain('\n2.00s with watches or tunnels alone, 1.50s for credentials\n');
    expect(text).toContain('39 calls on open ones; 1 sent again with a renewed credential\n');
    expect(text).not.toContain('failed:');
  });

  it('bounds its tables, and says so', () => {
    const text = summaryText({ ...SUMMARY, groups: Array(33).fill(GROUP), otherFailures: 7 });
    expect(text.match(/create deployments\.apps\n/g)).toHaveLength(30);
    expect(text).toContain('\n... and 3 more\n');
    expect(text).toMatch(/\n {2}\.\.\. and 7 more\n$/);
  });

  it('is one line of JSON, to a microsecond', () => {
    const text = summaryJson(SUMMARY);
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(JSON.parse(text)).toEqual({ ...SUMMARY, apiMs: 1100 });
  });
});
