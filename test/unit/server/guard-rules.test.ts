import { describe, expect, it } from 'vitest';
import { PortholeError } from '../../../src/errors.ts';
import { createGuard, parseDenyRule } from '../../../src/server/guard.ts';
import { outcomeOf } from './request-of.ts';

const anything = { subresource: undefined, group: undefined };

function sentenceOf(text: string): string {
  try {
    parseDenyRule(text);
  } catch (error) {
    if (error instanceof PortholeError && error.code === 'ERR_USAGE') return error.message;
    throw error;
  }
  return 'accepted';
}

describe('a rule of --deny', () => {
  it.each([
    ['secrets', { ...anything, resource: 'secrets' }],
    ['pods/exec', { ...anything, resource: 'pods', subresource: 'exec' }],
    ['deployments.apps', { ...anything, resource: 'deployments', group: 'apps' }],
    ['deployments/scale.apps', { resource: 'deployments', subresource: 'scale', group: 'apps' }],
    [
      'ingresses.networking.k8s.io',
      { ...anything, resource: 'ingresses', group: 'networking.k8s.io' },
    ],
    ['secrets.', { ...anything, resource: 'secrets', group: '' }],
    ['pods/log.', { resource: 'pods', subresource: 'log', group: '' }],
    ['*', { ...anything, resource: '*' }],
    ['*.', { ...anything, resource: '*', group: '' }],
    ['*/*.*', { resource: '*', subresource: '*', group: '*' }],
    ['pods/*', { ...anything, resource: 'pods', subresource: '*' }],
    ['*/exec', { ...anything, resource: '*', subresource: 'exec' }],
    ['*.batch', { ...anything, resource: '*', group: 'batch' }],
  ])('%s is read', (text, rule) => {
    expect(parseDenyRule(text)).toEqual({ ...rule, text });
  });

  it.each([
    ['a custom resource', 'widgets'],
    ['in its group', 'widgets.example.com'],
    ['with a short plural', 'x'],
    ['called as a short name is here', 'po.example.com'],
    ['called as a singular is here', 'secret.example.com'],
    ['called as a subresource is here, with an s', 'tokens'],
    ['an unknown subresource, of a version to come', 'pods/teleport'],
    ['an old group', 'deployments.extensions'],
    ['the other group', 'events.events.k8s.io'],
    ['metrics of pods', 'pods.metrics.k8s.io'],
    ["OpenShift's roles", 'roles.authorization.openshift.io'],
    ['a new resource of a group that is known', 'gadgets.apps'],
    ['a singular that is a plural', 'endpoints'],
    ['a digit first', '3scales'],
  ])('is accepted for %s: %s', (_, text) => {
    expect(sentenceOf(text)).toBe('accepted');
  });

  it.each([
    ['secret', 'secrets'],
    ['Secret', 'secrets'],
    ['SECRETS', 'secrets'],
    ['secret.', 'secrets.'],
    ['po', 'pods'],
    ['po/exec', 'pods/exec'],
    ['svc', 'services'],
    ['crd', 'customresourcedefinitions'],
    ['crds', 'customresourcedefinitions'],
    ['deploy.apps', 'deployments.apps'],
    ['ingress', 'ingresses'],
    ['networkpolicy', 'networkpolicies'],
    ['storageclass', 'storageclasses'],
    ['componentstatus', 'componentstatuses'],
    ['lease', 'leases'],
    ['endpoint', 'endpoints'],
    ['PersistentVolumeClaim', 'persistentvolumeclaims'],
    ['Widgets', 'widgets'],
    ['widgets.Example.com', 'widgets.example.com'],
    ['pods/Exec', 'pods/exec'],
    ['pods/logs', 'pods/log'],
    ['pods/port-forward', 'pods/portforward'],
    ['*/logs', '*/log'],
    ['serviceaccounts/tokens', 'serviceaccounts/token'],
    ['exec', 'pods/exec'],
    ['port-forward', 'pods/portforward'],
    ['token', 'serviceaccounts/token'],
    ['proxy', '*/proxy'],
    ['all', '*'],
    ['secrets.core', 'secrets.'],
    ['secrets.v1', 'secrets.'],
    ['deployments.v1.apps', 'deployments.apps'],
    ['deployments.apps.v1beta1', 'deployments.apps'],
    ['deployments.apps/v1', 'deployments.apps'],
    ['deployments.apps/scale', 'deployments/scale.apps'],
    ['ingresses.networking', 'ingresses.networking.k8s.io'],
    ['*.rbac', '*.rbac.authorization.k8s.io'],
    ['secrets.apps', 'secrets.'],
    ['deployments.batch', 'deployments.apps'],
  ])('%s, which could never match, is a usage error that offers %s', (text, meant) => {
    expect(sentenceOf(text)).toBe(
      `--deny has "${text}", which no path of the Kubernetes API would match; did you mean "${meant}"?`,
    );
    expect(sentenceOf(meant)).toBe('accepted');
  });

  it.each([
    ['', 'RESOURCE['],
    ['.', 'RESOURCE['],
    ['.apps', 'RESOURCE['],
    ['secrets..', 'RESOURCE['],
    ['secrets.a..b', 'RESOURCE['],
    ['pods/', 'RESOURCE['],
    ['pods//exec', 'RESOURCE['],
    ['pods/exec/more', 'RESOURCE['],
    ['pod*', 'RESOURCE['],
    ['pods/ex*', 'RESOURCE['],
    ['secrets.*.io', 'RESOURCE['],
    ['-secrets', 'RESOURCE['],
    [' secrets', 'RESOURCE['],
    ['caf\u00e9s', 'RESOURCE['],
    ['secrets\n', 'RESOURCE['],
    ['^secrets$', 'RESOURCE['],
    ['__proto__', 'RESOURCE['],
    ['secrets,pods/exec', 'once for each'],
    ['/api/v1/secrets', '--reject-paths'],
  ])('%j is a usage error', (text, hint) => {
    expect(sentenceOf(text)).toContain(
      `--deny has ${JSON.stringify(text).replace('\u00e9', '\\u00e9')}, `,
    );
    expect(sentenceOf(text)).toContain(hint);
  });

  it.each(['constructor', 'secrets.constructor'])('%s is a name like others', (text) => {
    expect(sentenceOf(text)).toBe('accepted');
  });

  it('stops the guard from being made when it is bad', () => {
    expect(outcomeOf(() => createGuard({ readOnly: false, deny: ['secrets', 'po'] }))).toBe(
      'ERR_USAGE',
    );
  });
});
