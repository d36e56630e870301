import { queryFlag, queryParameter, selectedName } from './query.ts';
import type { RequestTarget } from './request-target.ts';

/** What a request means to Kubernetes: apiserver's `RequestInfo`, with the same words for the same requests. */
export interface RequestInfo {
  /** False for discovery, health, metrics and the like; then only `verb` says something. */
  readonly isResourceRequest: boolean;
  /** `get`, `list`, `watch`, `create`, ...; the lower-case method when it is no resource request; '' for other methods. */
  readonly verb: string;
  readonly apiPrefix: string;
  /** Empty for the core group. */
  readonly apiGroup: string;
  readonly apiVersion: string;
  /** Of a namespace itself too, as its name. */
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** The path from the resource on. */
  readonly parts: readonly string[];
  /** Lasts until somebody ends it: a watch, a proxied request, a session in a pod, a followed log. */
  readonly longRunning: boolean;
}

const VERBS: ReadonlyMap<string, string> = new Map([
  ['POST', 'create'],
  ['GET', 'get'],
  ['HEAD', 'get'],
  ['PUT', 'update'],
  ['PATCH', 'patch'],
  ['DELETE', 'delete'],
]);

const LONG_RUNNING_SUBRESOURCES: ReadonlySet<string> = new Set([
  'attach',
  'exec',
  'portforward',
  'proxy',
]);

type Draft = { -readonly [Field in keyof RequestInfo]: RequestInfo[Field] };

/** Reads a request by the rules of apiserver's `NewRequestInfo`. Never throws: what that calls an error has no resource. */
export function requestInfo(method: string, target: RequestTarget): RequestInfo {
  const info: Draft = {
    isResourceRequest: false,
    verb: method.toLowerCase(),
    apiPrefix: '',
    apiGroup: '',
    apiVersion: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    parts: [],
    longRunning: false,
  };
  const segments = splitPath(target.decodedPath);
  const prefix = segments[0];
  const rootLength = prefix === 'api' ? 2 : 3;
  if ((prefix !== 'api' && prefix !== 'apis') || segments.length <= rootLength) return info;
  info.isResourceRequest = true;
  info.apiPrefix = prefix;
  if (prefix === 'apis') info.apiGroup = segments[1] ?? '';
  info.apiVersion = segments[rootLength - 1] ?? '';

  // The deprecated prefixes: /api/v1/watch/pods, /api/v1/proxy/nodes/n/metrics.
  const next = segments[rootLength] ?? '';
  const special = next === 'watch' || next === 'proxy';
  const rest = segments.slice(special ? rootLength + 1 : rootLength);
  if (rest.length === 0) return info;
  info.verb = special ? next : (VERBS.get(method) ?? '');
  if (rest[0] === 'namespaces') info.namespace = rest[1] ?? '';
  info.parts = goesOnInNamespace(rest) ? rest.slice(2) : rest;
  info.resource = info.parts[0] ?? '';
  info.name = info.parts[1] ?? '';
  if (info.verb !== 'proxy') info.subresource = info.parts[2] ?? '';
  if (info.name === '') readCollection(info, target.query);
  info.longRunning = isLongRunning(info, target.query);
  return info;
}

function splitPath(path: string): string[] {
  let start = 0;
  let end = path.length;
  while (start < end && path[start] === '/') start++;
  while (end > start && path[end - 1] === '/') end--;
  return start === end ? [] : path.slice(start, end).split('/');
}

function goesOnInNamespace(rest: string[]): boolean {
  const third = rest[2];
  return (
    rest[0] === 'namespaces' && third !== undefined && third !== 'status' && third !== 'finalize'
  );
}

function readCollection(info: Draft, query: string): void {
  if (info.verb === 'delete') info.verb = 'deletecollection';
  if (info.verb !== 'get') return;
  info.verb = queryFlag(query, 'watch') ? 'watch' : 'list';
  info.name = selectedName(queryParameter(query, 'fieldSelector') ?? '');
}

function isLongRunning({ verb, subresource }: RequestInfo, query: string): boolean {
  if (verb === 'watch' || verb === 'proxy') return true;
  if (LONG_RUNNING_SUBRESOURCES.has(subresource)) return true;
  // kube-apiserver counts every log. One that is not followed ends by itself, and a shutdown should let it.
  return subresource === 'log' && queryFlag(query, 'follow');
}
