import type { Attributes } from './policy/policy.ts';

const VERBS: ReadonlySet<string> = new Set(['watch', 'proxy']);
const SUBRESOURCES: ReadonlySet<string> = new Set([
  ...['attach', 'exec', 'proxy', 'log', 'portforward'],
]);

/**
 * Whether kube-apiserver takes a request for a long-running one, which has an event when its answer starts too and never
 * shows a body (`BasicLongRunningRequestCheck`, with kube-apiserver's sets): every log is one, followed or not.
 */
export function isLongRunning({ verb, isResourceRequest, subresource, path }: Attributes): boolean {
  if (VERBS.has(verb)) return true;
  return isResourceRequest ? SUBRESOURCES.has(subresource) : path.startsWith('/debug/pprof/');
}
