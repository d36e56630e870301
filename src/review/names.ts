/** What do people call the parts of an event? Texts as somebody else chose them: not yet printable. */
import { type AuditEvent, textOf } from './event.ts';

/** `pods/default/web-0/log`, `deployments.apps/default/web`, `nodes/n1`; the path when the request names no resource. */
export function whatOf({ object, requestURI }: AuditEvent): string {
  const { resource, apiGroup, namespace, name, subresource } = object;
  if (resource === '') return pathOf(requestURI);
  const kind = apiGroup === '' ? resource : `${resource}.${apiGroup}`;
  // Requests for a namespace carry it as namespace and as name.
  const place = resource === 'namespaces' ? '' : namespace;
  return [kind, place, name, subresource].filter((part) => part !== '').join('/');
}

/** As --resource takes it, `deployments/scale.apps`; the first part of the path when the request names no resource. */
export function resourceOf({ object, requestURI }: AuditEvent): string {
  const { resource, apiGroup, subresource } = object;
  if (resource === '') return /^\/[^/]*/.exec(pathOf(requestURI))?.[0] ?? '-';
  const kind = subresource === '' ? resource : `${resource}/${subresource}`;
  return apiGroup === '' ? kind : `${kind}.${apiGroup}`;
}

function pathOf(requestURI: string): string {
  return requestURI.split('?', 1)[0] || '-';
}

/** `alice`, `alice as bob` */
export function userOf({ user, impersonatedUser }: AuditEvent): string {
  return impersonatedUser === '' ? user || '-' : `${user || '-'} as ${impersonatedUser}`;
}

/** kubectl says which of its commands is calling; of others the first product of the User-Agent (RFC 9110 10.1.5). */
export function clientOf({ userAgent, annotations }: AuditEvent): string {
  const command = textOf(annotations['porthole/kubectl-command']);
  return command || userAgent.trim().split(' ', 1)[0] || '-';
}
