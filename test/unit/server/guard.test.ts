import { describe, expect, it } from 'vitest';
import { createGuard, type GuardOptions } from '../../../src/server/guard.ts';
import { requestInfo } from '../../../src/server/request-info.ts';
import { parseRequestTarget } from '../../../src/server/request-target.ts';
import { outcomeOf, requestOf } from './request-of.ts';

function ask(parts: Parameters<typeof requestOf>[0], options: Partial<GuardOptions>): void {
  const request = requestOf(parts);
  const target = parseRequestTarget(request.target);
  const guard = createGuard({ readOnly: false, deny: [], ...options });
  guard(request, target, requestInfo(request.method, target));
}

const pod = '/api/v1/namespaces/n/pods/p';
const authorization = '/apis/authorization.k8s.io/v1';

describe('--read-only', () => {
  const outcome = (method: string, target: string) =>
    outcomeOf(() => ask({ method, target }, { readOnly: true }));

  it.each([
    ['GET', '/api/v1/pods'],
    ['GET', '/api/v1/pods?watch=true'],
    ['GET', '/api/v1/watch/namespaces/n/pods'],
    ['GET', '/api/v1/namespaces/n'],
    ['GET', '/api/v1/namespaces/n/secrets/s'],
    ['GET', '/api/v1/secrets?fieldSelector=metadata.name%3Ds'],
    ['HEAD', '/api/v1/pods'],
    ['OPTIONS', '/api/v1/pods'],
    ['GET', `${pod}/log?follow=true`],
    ['GET', `${pod}/status`],
    ['GET', '/apis/apps/v1/namespaces/n/deployments/d/scale'],
    ['GET', '/apis/metrics.k8s.io/v1beta1/nodes'],
    // Names are no subresources.
    ['GET', '/api/v1/namespaces/n/pods/exec'],
    ['GET', '/api/v1/namespaces/exec/pods/proxy/log'],
    ['GET', '/api/v1/namespaces/api/pods/apis'],
    ['GET', '/'],
    ['GET', '/api'],
    ['GET', '/api/v1/'],
    ['GET', '/apis/apps/v1'],
    ['GET', '/openapi/v3/apis/apps/v1?hash=x'],
    ['GET', '/version'],
    ['HEAD', '/healthz'],
    ['OPTIONS', '/healthz'],
    ['POST', `${authorization}/selfsubjectaccessreviews`],
    ['POST', `${authorization}/selfsubjectaccessreviews/`],
    ['POST', `${authorization}/selfsubjectaccessreviews?dryRun=All`],
    ['POST', `${authorization}/selfsubjectrulesreviews`],
    ['POST', `${authorization}/subjectaccessreviews`],
    ['POST', `${authorization}/namespaces/n/localsubjectaccessreviews`],
    ['POST', `${authorization}/namespaces/apis/localsubjectaccessreviews`],
    ['POST', '/apis/authentication.k8s.io/v1/tokenreviews'],
    ['POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews'],
    ['POST', '/apis/authorization.openshift.io/v1/subjectaccessreviews'],
    ['POST', '/apis/authorization.openshift.io/v1/namespaces/n/localresourceaccessreviews'],
  ])('lets %s %s through', (method, target) => {
    expect(outcome(method, target)).toBe('ok');
  });

  it.each([
    ['POST', '/api/v1/namespaces/n/pods'],
    ['POST', '/api/v1/namespaces/n/pods?dryRun=All'],
    ['PUT', pod],
    ['PATCH', pod],
    ['DELETE', pod],
    ['DELETE', '/api/v1/namespaces/n/pods'],
    ['PUT', '/api/v1/namespaces/n/finalize'],
    ['PATCH', '/api/v1/namespaces/n/status'],
    // The deprecated prefix makes `watch` the verb of any method.
    ['DELETE', '/api/v1/watch/namespaces/n/pods/p'],
    ['POST', '/api/v1/watch/pods'],
    ['POST', '/api/v1/watch'],
    ['POST', '/api/v1/namespaces/n/serviceaccounts/s/token'],
    ['POST', `${pod}/eviction`],
    ['POST', `${pod}/binding`],
    ['GET', `${pod}/exec?command=ls`],
    ['POST', `${pod}/exec?command=ls`],
    ['GET', `${pod}/attach`],
    ['GET', `${pod}/portforward`],
    ['GET', `${pod}/proxy`],
    ['GET', `${pod}/proxy/metrics`],
    ['HEAD', `${pod}/proxy/`],
    ['OPTIONS', `${pod}/proxy/`],
    ['GET', '/api/v1/namespaces/n/services/https:s:443/proxy/delete?all'],
    ['GET', '/api/v1/nodes/n/proxy/run/n/p/c?cmd=id'],
    ['GET', '/apis/subresources.kubevirt.io/v1/namespaces/n/virtualmachineinstances/v/portforward'],
    ['GET', '/api/v1/proxy/nodes/n'],
    ['GET', '/api/v1/proxy/namespaces/n/pods/p/x'],
    ['OPTIONS', '/api/v1/proxy/nodes/n'],
    ['POST', '/'],
    ['POST', '/metrics'],
    ['DELETE', '/metrics'],
    ['PUT', '/logs/x'],
    ['POST', '/API/v1/pods'],
    ['GET', '/k8s/clusters/c/api/v1/namespaces/n/pods/p/exec'],
    ['POST', '/k8s/clusters/c/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'],
    ['POST', '/apis/example.com/v1/bookreviews'],
    ['POST', '/apis/example.com/v1/selfsubjectaccessreviews'],
    ['POST', '/api/v1/selfsubjectaccessreviews'],
    ['POST', '/apis/authentication.k8s.io/v1/selfsubjectaccessreviews'],
    ['PUT', `${authorization}/selfsubjectaccessreviews`],
    ['DELETE', `${authorization}/selfsubjectaccessreviews`],
    ['POST', `${authorization}/selfsubjectaccessreviews/x`],
    ['POST', `${authorization}/selfsubjectaccessreviews/x/status`],
    ['POST', `${authorization}/selfsubjectaccessreviews//status`],
    ['POST', `${authorization}/proxy/selfsubjectaccessreviews`],
    ['POST', `${authorization}/watch/selfsubjectaccessreviews`],
  ])('refuses %s %s', (method, target) => {
    expect(outcome(method, target)).toBe('ERR_DENIED');
  });

  it.each([
    ['GET', '/api/v1/pods?watch=1', 'websocket'],
    ['POST', `${pod}/exec`, 'SPDY/3.1'],
    ['GET', '/healthz', 'h2c'],
  ])('refuses %s %s as an upgrade to %s', (method, target, upgrade) => {
    expect(outcomeOf(() => ask({ method, target, upgrade }, { readOnly: true }))).toBe(
      'ERR_DENIED',
    );
  });
});

describe('--deny', () => {
  const deployment = '/apis/apps/v1/namespaces/n/deployments/d';

  it.each([
    ['secrets', '/api/v1/secrets'],
    ['secrets', '/api/v1/secrets/'],
    ['secrets', '/api/v1/secrets?watch=1'],
    ['secrets', '/api/v1/secrets?fieldSelector=metadata.name%3Ds'],
    ['secrets', '/api/v1/namespaces/n/secrets/s'],
    ['secrets', '/api/v1/namespaces/n/secrets/s/anything'],
    ['secrets', '/api/v1/namespaces/status/secrets/s'],
    ['secrets', '/api/v1/watch/secrets'],
    ['secrets', '/api/v1/watch/namespaces/n/secrets/s'],
    ['secrets', '/api/v1/proxy/namespaces/n/secrets/s'],
    ['secrets', '/apis/example.com/v1/secrets'],
    ['secrets', '/apis//v1/secrets'],
    ['secrets.', '/api/v1/secrets'],
    ['secrets.', '/apis//v1/secrets'],
    ['namespaces', '/api/v1/namespaces/n'],
    ['namespaces', '/api/v1/namespaces/n/finalize'],
    ['namespaces/status', '/api/v1/namespaces/n/status'],
    ['pods/exec', `${pod}/exec?command=ls`],
    ['pods/exec', `${pod}/exec/`],
    ['pods/*', `${pod}/log`],
    ['*/log', `${pod}/log`],
    ['*/proxy', '/api/v1/nodes/n/proxy/metrics'],
    ['nodes/proxy', '/api/v1/proxy/nodes/n/metrics'],
    ['serviceaccounts/token', '/api/v1/namespaces/n/serviceaccounts/s/token'],
    ['deployments', '/apis/extensions/v1beta1/deployments'],
    ['deployments.apps', deployment],
    ['deployments.apps', `${deployment}/scale`],
    ['deployments/scale.apps', `${deployment}/scale`],
    ['*.apps', deployment],
    ['*.*', deployment],
    ['ingresses.networking.k8s.io', '/apis/networking.k8s.io/v1/ingresses'],
    ['*', '/api/v1/pods'],
  ])('%s refuses every verb on %s', (rule, target) => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'])
      expect(outcomeOf(() => ask({ method, target }, { deny: [rule] }))).toBe('ERR_DENIED');
  });

  it.each([
    ['secrets', '/api/v1/namespaces/secrets'],
    ['secrets', '/api/v1/namespaces/secrets/pods/secrets'],
    ['secrets', '/api/v1/namespaces/api/pods/secrets'],
    ['secrets', '/apis/example.com/v1/secretstores'],
    ['secrets', '/api/v1/pods?fieldSelector=metadata.name%3Dsecrets'],
    ['secrets', '/secrets'],
    // The API server minds case, and decodes once.
    ['secrets', '/api/v1/Secrets'],
    ['secrets', '/API/v1/secrets'],
    ['secrets', '/api/v1/%2573ecrets'],
    ['secrets.', '/apis/example.com/v1/secrets'],
    ['namespaces', '/api/v1/namespaces/n/pods'],
    ['pods/exec', pod],
    ['pods/exec', `${pod}/executor`],
    ['pods/exec', '/api/v1/namespaces/n/pods/exec'],
    ['pods/*', pod],
    ['pods/*', '/api/v1/pods'],
    ['nodes/proxy', '/api/v1/nodes/n'],
    ['deployments/scale.apps', deployment],
    ['deployments.apps', '/apis/extensions/v1beta1/deployments'],
    ['*.', deployment],
    ['*', '/healthz'],
    ['*', '/openapi/v3/apis/apps/v1'],
    ['*', '/apis/apps/v1'],
  ])('%s does not refuse %s', (rule, target) => {
    expect(outcomeOf(() => ask({ target }, { deny: [rule] }))).toBe('ok');
  });

  it('lets an upgrade through that no rule is for', () => {
    const upgrade = { target: `${pod}/portforward`, upgrade: 'SPDY/3.1' };
    expect(outcomeOf(() => ask(upgrade, { deny: ['pods/exec'] }))).toBe('ok');
    expect(outcomeOf(() => ask(upgrade, { deny: ['pods/exec', 'pods/portforward'] }))).toBe(
      'ERR_DENIED',
    );
  });
});

describe('a server URL that ends within the API', () => {
  it.each([
    ['/api', '/v1/secrets'],
    ['/api/v1', '/secrets'],
    ['/api/v1', '/namespaces/n/secrets/s'],
    ['/gate/api/v1', '/secrets'],
    ['/k8s/clusters/c', '/api/v1/secrets'],
  ])('%s does not hide what %s is', (pathPrefix, target) => {
    expect(outcomeOf(() => ask({ target }, { deny: ['secrets'], pathPrefix }))).toBe('ERR_DENIED');
    const writing = () => ask({ method: 'DELETE', target }, { readOnly: true, pathPrefix });
    expect(outcomeOf(writing)).toBe('ERR_DENIED');
  });

  it.each([
    ['GET', '/k8s/clusters/c', '/api/v1/pods'],
    ['GET', '/k8s/clusters/c', '/version'],
    ['POST', '/k8s/clusters/c', `${authorization}/selfsubjectaccessreviews`],
    ['GET', '/api/v1', '/pods'],
  ])('lets %s %s%s through that changes nothing', (method, pathPrefix, target) => {
    const reading = () =>
      ask({ method, target }, { readOnly: true, deny: ['secrets'], pathPrefix });
    expect(outcomeOf(reading)).toBe('ok');
  });
});

describe('neither', () => {
  it.each(['/api/v1/secrets', `${pod}/exec`, '//api%2Fv1;x'])(
    'lets DELETE %s through',
    (target) => {
      expect(outcomeOf(() => ask({ method: 'DELETE', target, upgrade: 'x' }, {}))).toBe('ok');
    },
  );
});

describe('a refusal', () => {
  const refused = 'start porthole without that to allow it.';

  it.each([
    ['POST', `${pod}/eviction`, '"create pods/eviction" is refused by --read-only'],
    ['DELETE', '/apis/apps/v1/deployments', '"deletecollection deployments.apps" is refused by'],
    ['OPTIONS', `${pod}/proxy`, '"OPTIONS pods/proxy" is refused by --read-only'],
    ['GET', '/api/v1/proxy/nodes/n', '"proxy nodes/proxy" is refused by --read-only'],
    ['GET', `${pod}%2Fexec`, '"get pods/exec" is refused by --read-only'],
    ['GET', '/api/v1/watch/events', '"watch events" is refused by --deny=events'],
    ['GET', '/api/v1/events/x', '"get events" is refused by --deny=events'],
    ['GET', '/apis/e/v1/a%22%C3%A9/x', String.raw`"get a\"\u00e9.e" is refused by --deny=*.e`],
  ])('of %s %s tells what and why', (method, target, what) => {
    const options = { readOnly: true, deny: ['events', '*.e'] };
    const action = () => ask({ method, target }, options);
    expect(action).toThrow(`The request to ${what}`);
    expect(action).toThrow(refused);
  });

  it('of what is no resource, and of an upgrade, too', () => {
    expect(() => ask({ method: 'POST', target: '/logs?x' }, { readOnly: true })).toThrow(
      `The request "POST /logs" is refused by --read-only; ${refused}`,
    );
    expect(() => ask({ upgrade: 'websocket' }, { readOnly: true })).toThrow(
      `An upgrade to "websocket" is refused by --read-only; ${refused}`,
    );
  });
});
