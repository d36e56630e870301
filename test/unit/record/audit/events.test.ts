import { describe, expect, it } from 'vitest';
import { PortholeError } from '../../../../src/errors.ts';
import { HeaderList } from '../../../../src/http1/header-list.ts';
import { Audited, newLog } from './audited.ts';

const POD = '/api/v1/namespaces/default/pods/web-0';

describe('an audit event', () => {
  it("is kube-apiserver's Event: its fields, in its order", () => {
    const { log, kept } = newLog();
    new Audited(log, POD, { start: { auditID: 'id-1' } }).answer(200).end();
    expect(kept.lines[0]).toBe(
      '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"id-1","stage":"RequestReceived",' +
        '"requestURI":"/api/v1/namespaces/default/pods/web-0","verb":"get",' +
        '"user":{"username":"admin","uid":"42","groups":["system:masters","system:authenticated"]},' +
        '"sourceIPs":["127.0.0.1"],"userAgent":"kubectl/v1.35.2 (linux/amd64) kubernetes/fdc9d74",' +
        '"objectRef":{"resource":"pods","namespace":"default","name":"web-0","apiVersion":"v1"},' +
        '"requestReceivedTimestamp":"2026-11-22T13:05:10.885000Z","stageTimestamp":"2026-11-22T13:05:10.885000Z",' +
        '"annotations":{"porthole/identity-source":"SelfSubjectReview"}}\n',
    );
    const last = kept.events[1] ?? {};
    expect(Object.keys(last)).toEqual([
      ...['kind', 'apiVersion', 'level', 'auditID', 'stage', 'requestURI', 'verb', 'user'],
      ...['sourceIPs', 'userAgent', 'objectRef', 'responseStatus'],
      ...['requestReceivedTimestamp', 'stageTimestamp', 'annotations'],
    ]);
    expect(last).toMatchObject({
      stage: 'ResponseComplete',
      responseStatus: { metadata: {}, code: 200 },
      stageTimestamp: '2026-11-22T13:05:10.897345Z',
    });
  });

  it('has no object for what is no resource', () => {
    const { log, kept } = newLog();
    new Audited(log, '/healthz?verbose').answer(200).end();
    expect(kept.events).toMatchObject([{ verb: 'get', requestURI: '/healthz?verbose' }, {}]);
    expect(kept.events.every((event) => !('objectRef' in event))).toBe(true);
  });

  it('names group and subresource', () => {
    const { log, kept } = newLog();
    new Audited(log, '/apis/apps/v1/namespaces/a/deployments/b/scale', { method: 'PUT' }).end();
    expect(kept.events[0]?.objectRef).toEqual({
      resource: 'deployments',
      namespace: 'a',
      name: 'b',
      apiGroup: 'apps',
      apiVersion: 'v1',
      subresource: 'scale',
    });
  });

  it('says nothing of who is on a unix socket, and nobody of who is not known', () => {
    const { log, kept } = newLog();
    const nobody = { start: { clientAddress: '', userAgent: undefined } };
    new Audited(log, POD, {
      ...nobody,
      differing: (record) => {
        record.identity = undefined;
      },
    });
    expect(kept.events[0]).not.toHaveProperty('sourceIPs');
    expect(kept.events[0]).not.toHaveProperty('userAgent');
    expect(kept.events[0]).not.toHaveProperty('annotations');
    expect(kept.events[0]?.user).toEqual({});
  });

  it('tells whom the request acts for', () => {
    const { log, kept } = newLog();
    new Audited(log, POD, {
      differing: (record) => {
        const extra = new Map([
          ['scopes', ['b', 'a']],
          ['reason', ['x']],
        ]);
        const groups = ['dev', 'system:authenticated'];
        record.impersonated = { username: 'jane', groups, extra };
      },
    });
    // The next one of the same client acts for itself.
    new Audited(log, POD);
    expect(kept.lines[0]).toContain(
      '"impersonatedUser":{"username":"jane","groups":["dev","system:authenticated"],"extra":{"reason":["REDACTED"],"scopes":["REDACTED"]}},"sourceIPs"',
    );
    expect(kept.events.map(({ user }) => user.username)).toEqual(['admin', 'admin']);
    expect(kept.events[1]).not.toHaveProperty('impersonatedUser');
  });

  it('keeps clients apart that differ in one thing', () => {
    const { log, kept } = newLog();
    const starts = [
      { userAgent: 'a', clientAddress: '127.0.0.1' },
      { userAgent: 'b', clientAddress: '127.0.0.1' },
      { userAgent: 'a', clientAddress: '::1' },
      { userAgent: 'a', clientAddress: '' },
      { userAgent: 'a', clientAddress: '127.0.0.1' },
    ];
    for (const start of starts) new Audited(log, POD, { start });
    new Audited(log, POD, {
      start: { userAgent: 'a', clientAddress: '127.0.0.1' },
      differing: (record) => {
        record.identity = { user: { username: 'eve', groups: [] }, source: 'unknown' };
      },
    });
    expect(
      kept.events.map(({ user, userAgent, sourceIPs }) => [
        user.username,
        userAgent,
        sourceIPs?.[0],
      ]),
    ).toEqual([
      ['admin', 'a', '127.0.0.1'],
      ['admin', 'b', '127.0.0.1'],
      ['admin', 'a', '::1'],
      ['admin', 'a', undefined],
      ['admin', 'a', '127.0.0.1'],
      ['eve', 'a', '127.0.0.1'],
    ]);
  });

  it('joins what client and API server said as annotations, sorted', () => {
    const { log, kept } = newLog();
    const exchange = new Audited(log, POD, {
      start: { kubectlCommand: 'kubectl get', kubectlSession: 'session-1' },
    });
    Object.assign(exchange.record, { authMs: 0.0123, connectMs: 0, ttfbMs: 8.1, replayed: true });
    Object.assign(exchange.record, { bytesIn: 10, bytesOut: 2630 });
    exchange
      .answer(429, {
        fields: [
          ...[
            'X-Kubernetes-Pf-Flowschema-Uid',
            'flow-1',
            'X-Kubernetes-Pf-Prioritylevel-Uid',
            'p-1',
          ],
          ...['Retry-After', '1', 'Warning', '299 - "old"', 'Warning', '299 - "older"'],
        ],
      })
      .end();
    expect(Object.entries(kept.events[1]?.annotations ?? {})).toEqual([
      ['porthole/bytes-in', '10'],
      ['porthole/bytes-out', '2630'],
      ['porthole/flow-schema-uid', 'flow-1'],
      ['porthole/identity-source', 'SelfSubjectReview'],
      ['porthole/kubectl-command', 'kubectl get'],
      ['porthole/kubectl-session', 'session-1'],
      ['porthole/latency-total', '12.346ms'],
      ['porthole/latency-ttfb', '8.100ms'],
      ['porthole/priority-level-uid', 'p-1'],
      ['porthole/retries', '1'],
      ['porthole/retry-after', '1'],
      ['porthole/warnings', '299 - "old", 299 - "older"'],
    ]);
    const keys = Object.keys(kept.events[1]?.annotations ?? {});
    expect(keys).toEqual(keys.toSorted());
  });
});

describe('the last event of an exchange', () => {
  it('says why porthole refused it', () => {
    const { log, kept } = newLog();
    new Audited(log, POD, { method: 'DELETE' }).refuse(
      new PortholeError('ERR_DENIED', 'deleting is denied by --read-only'),
    );
    expect(kept.events[1]).toMatchObject({
      stage: 'ResponseComplete',
      responseStatus: {
        metadata: {},
        status: 'Failure',
        message: 'porthole: deleting is denied by --read-only',
        reason: 'Forbidden',
        code: 403,
      },
      annotations: { 'porthole/outcome': 'refused', 'porthole/error': 'ERR_DENIED' },
    });
  });

  it('comes when the client left before there was an answer', () => {
    const { log, kept } = newLog();
    const gone = new PortholeError('ERR_CLIENT_GONE', 'the client closed its connection');
    new Audited(log, POD).end('client-gone', gone);
    expect(kept.events).toHaveLength(2);
    expect(kept.events[1]).toMatchObject({
      responseStatus: { code: 499, reason: 'ClientClosedRequest' },
      annotations: { 'porthole/outcome': 'client-gone' },
    });
  });

  it('keeps the code of an answer that broke off', () => {
    const { log, kept } = newLog();
    const cut = new PortholeError('ERR_UPSTREAM_ABORTED', 'the API server cut it');
    new Audited(log, POD).answer(200, { body: '{"ki' }).end('upstream-aborted', cut);
    expect(kept.events[1]).toMatchObject({
      responseStatus: { metadata: {}, code: 200 },
      annotations: { 'porthole/outcome': 'upstream-aborted', 'porthole/error': cut.code },
    });
  });

  it('does not take a 401 that was withheld for the answer', () => {
    const { log, kept } = newLog();
    const exchange = new Audited(log, POD);
    exchange.record.trail?.answered?.({
      ...{ version: '1.1', status: 401, reason: '', upgrade: undefined, keepAlive: true },
      headers: HeaderList.of('Retry-After', '77'),
      framing: { kind: 'length', length: 9 },
    });
    exchange.refuse(new PortholeError('ERR_CREDENTIALS', 'the plugin failed'));
    expect(kept.events[1]?.responseStatus).toMatchObject({ code: 503 });
    expect(kept.events[1]?.annotations).not.toHaveProperty('porthole/retry-after');
  });

  it("keeps the code of a file's answer that the client did not wait for", () => {
    const { log, kept } = newLog();
    const exchange = new Audited(log, '/static/app.js');
    const framing = { kind: 'length', length: 9 } as const;
    exchange.record.trail?.responded?.({ status: 200, reason: 'OK', fields: '', framing });
    exchange.end('client-gone', new PortholeError('ERR_CLIENT_GONE', 'gone'));
    expect(kept.events[1]?.responseStatus).toEqual({ metadata: {}, code: 200 });
  });
});
