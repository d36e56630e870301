// Audit events for tests, as kube-apiserver writes them.
import type { AuditEvent } from '../../../src/review/event.ts';
import { readJson } from '../../../src/review/event.ts';

const EVENT = {
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'Metadata',
  auditID: '1ac4c5f0-4b29-4b0c-8ad4-5b1f2c3d4e5f',
  stage: 'ResponseComplete',
  requestURI: '/api/v1/namespaces/default/pods/web-0?x=1',
  verb: 'get',
  user: { username: 'alice', groups: ['system:authenticated'] },
  sourceIPs: ['127.0.0.1'],
  userAgent: 'kubectl/v1.35.2 (linux/amd64) kubernetes/1234567',
  objectRef: { resource: 'pods', namespace: 'default', name: 'web-0', apiVersion: 'v1' },
  responseStatus: { metadata: {}, code: 200 },
  requestReceivedTimestamp: '2026-11-22T13:05:10.885627Z',
  stageTimestamp: '2026-11-22T13:05:10.897800Z',
};

/** The line of an event, with other values for some fields; undefined ones are left out. */
export function lineOf(fields: object = {}): string {
  return JSON.stringify({ ...EVENT, ...fields });
}

/** That event, as it is read. */
export function eventWith(fields: object = {}): AuditEvent {
  const [found] = readJson(lineOf(fields)) ?? [];
  if (found === undefined) throw new Error('no event');
  return found.event;
}

/** An event of a request that took so many ms. */
export function slowEvent(ms: number, fields: object = {}): AuditEvent {
  const begin = Date.parse('2026-11-22T13:00:00Z');
  return eventWith({
    requestReceivedTimestamp: new Date(begin).toISOString(),
    stageTimestamp: new Date(begin + ms).toISOString(),
    ...fields,
  });
}
