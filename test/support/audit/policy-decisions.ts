// What porthole makes of the requests of test/fixtures/audit: from the bytes of the target to the decision of a policy.
import { attributesOf } from '../../../src/record/audit/policy/attributes.ts';
import type { Attributes, Decide } from '../../../src/record/audit/policy/policy.ts';
import { ExchangeRecord } from '../../../src/record/exchange-record.ts';
import { requestInfo } from '../../../src/server/request-info.ts';
import { parseRequestTarget } from '../../../src/server/request-target.ts';
import { type Answer, answerOf, type PolicyRequest } from './policy-fixtures.ts';
import { userOf } from './policy-users.ts';

/** As `handle` describes a request in its record. */
export function attributesOfRequest({ user, method, target: text }: PolicyRequest): Attributes {
  const target = parseRequestTarget(text);
  const record = new ExchangeRecord(
    {
      auditID: '',
      time: 0,
      startedAt: 0,
      method,
      path: target.path,
      query: target.query,
      version: '1.1',
      clientAddress: '127.0.0.1:1',
      userAgent: undefined,
      referer: undefined,
      kubectlCommand: undefined,
      kubectlSession: undefined,
    },
    () => {},
  );
  const info = requestInfo(method, target);
  record.verb = info.verb;
  record.apiGroup = info.apiGroup;
  record.apiVersion = info.apiVersion;
  record.resource = info.resource;
  record.subresource = info.subresource;
  record.namespace = info.namespace;
  record.name = info.name;
  record.identity = { user: userOf(user), source: 'SelfSubjectReview' };
  return attributesOf(record, target.decodedPath);
}

export function ourAnswer(decide: Decide, request: PolicyRequest): Answer {
  const attributes = attributesOfRequest(request);
  const { level, omitStages } = decide(attributes);
  const stages = isLongRunning(attributes)
    ? (['RequestReceived', 'ResponseStarted', 'ResponseComplete'] as const)
    : (['RequestReceived', 'ResponseComplete'] as const);
  return answerOf(
    level,
    stages.filter((stage) => !omitStages.has(stage)),
  );
}

/** kube-apiserver's `BasicLongRunningRequestCheck`: every log is one, also one that nobody follows. */
function isLongRunning({ isResourceRequest, verb, subresource, path }: Attributes): boolean {
  if (!isResourceRequest) return path.startsWith('/debug/pprof/');
  return (
    ['watch', 'proxy'].includes(verb) ||
    ['attach', 'exec', 'proxy', 'log', 'portforward'].includes(subresource)
  );
}
