import { PortholeError } from '../errors.ts';
import type { RequestHead } from '../http1/message.ts';
import { meantBy, type ResourceWords } from './known-resources.ts';
import { quote } from './quote.ts';
import { type RequestInfo, requestInfo } from './request-info.ts';
import { parseRequestTarget, type RequestTarget } from './request-target.ts';

/** --read-only and the values of --deny, as written. */
export interface GuardOptions {
  readonly readOnly: boolean;
  readonly deny: readonly string[];
  /** The path that is put before every path: that of the server's URL. */
  readonly pathPrefix?: string | undefined;
}

/** Returns when the request may be forwarded; throws ERR_DENIED with the rule that forbids it. */
export type Guard = (request: RequestHead, target: RequestTarget, info: RequestInfo) => void;

interface DenyRule extends ResourceWords {
  readonly text: string;
}

const RULE = /^([^/.]+)(?:\/([^/.]+))?(?:\.([^/]*))?$/;
const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const NAME = new RegExp(`^(?:\\*|${LABEL})$`);
const GROUP = new RegExp(`^(?:\\*|${LABEL}(?:\\.${LABEL})*)?$`);

const HARMLESS_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

// Sessions with whatever runs in the cluster, where a GET can do anything.
const SESSIONS: ReadonlySet<string> = new Set(['attach', 'exec', 'portforward', 'proxy']);

// Questions that are asked by a create, and that nothing is stored of.
const REVIEWS: ReadonlySet<string> = new Set([
  'selfsubjectreviews.authentication.k8s.io',
  'tokenreviews.authentication.k8s.io',
  'localsubjectaccessreviews.authorization.k8s.io',
  'selfsubjectaccessreviews.authorization.k8s.io',
  'selfsubjectrulesreviews.authorization.k8s.io',
  'subjectaccessreviews.authorization.k8s.io',
  'localresourceaccessreviews.authorization.openshift.io',
  'localsubjectaccessreviews.authorization.openshift.io',
  'resourceaccessreviews.authorization.openshift.io',
  'selfsubjectrulesreviews.authorization.openshift.io',
  'subjectaccessreviews.authorization.openshift.io',
  'subjectrulesreviews.authorization.openshift.io',
]);

/**
 * Reads `RESOURCE[/SUBRESOURCE][.GROUP]`. The group is all that follows the first dot; a dot with nothing behind it is the
 * core group, and without a dot it is any. Without a subresource the rule is for the resource and all its subresources.
 * `*` is any resource, any subresource (but not none) or any group. Versions and verbs are not told apart.
 *
 * Throws ERR_USAGE for what names no resource in a path of the API, `secret` and `po` among it; a plural that Kubernetes
 * does not have itself is taken for a custom resource's.
 */
export function parseDenyRule(text: string): DenyRule {
  const [, resource = '', subresource, group] = RULE.exec(inOrder(text)) ?? [];
  const meant = meantBy({ resource, subresource, group });
  if (!isWellFormed(meant)) throw badRule(text, describeGrammar(text));
  const spelled = spell(meant);
  if (spelled !== text)
    throw badRule(
      text,
      `which no path of the Kubernetes API would match; did you mean ${quote(spelled)}?`,
    );
  return { ...meant, text };
}

/** `deployments.apps/scale`, as some write it, with the group at the end. */
function inOrder(text: string): string {
  return text.replace(/^([^/.]+)(\.[^/]*)(\/[^/.]+)$/, '$1$3$2');
}

function isWellFormed({ resource, subresource, group }: ResourceWords): boolean {
  return NAME.test(resource) && NAME.test(subresource ?? '*') && GROUP.test(group ?? '');
}

function spell({ resource, subresource, group }: ResourceWords): string {
  const path = subresource === undefined ? resource : `${resource}/${subresource}`;
  return group === undefined ? path : `${path}.${group}`;
}

function describeGrammar(text: string): string {
  if (text.includes(',')) return 'which is more than one rule; give the flag once for each.';
  if (text.startsWith('/')) return 'which is a path; that is for --reject-paths.';
  return 'which is not RESOURCE[/SUBRESOURCE][.GROUP]; write for example secrets, pods/exec or deployments/scale.apps.';
}

function badRule(text: string, problem: string): PortholeError {
  return new PortholeError('ERR_USAGE', `--deny has ${quote(text)}, ${problem}`);
}

/**
 * Makes the guard that judges what a request means rather than how its path is spelled. A path that two servers could
 * read as two requests is refused when either is. Throws ERR_USAGE for a bad rule.
 */
export function createGuard({ readOnly, deny, pathPrefix = '' }: GuardOptions): Guard {
  const rules = deny.map(parseDenyRule);
  if (!readOnly && rules.length === 0) return () => {};

  const judge = (request: RequestHead, target: RequestTarget, reading: RequestInfo): void => {
    if (readOnly && !changesNothing(request.method, reading))
      throw denied(describe(request, target, reading), '--read-only');
    const rule = rules.find((candidate) => matches(candidate, reading));
    if (rule !== undefined) throw denied(describe(request, target, reading), `--deny=${rule.text}`);
  };
  return (request, target, info) => {
    const { method, upgrade } = request;
    if (readOnly && upgrade !== undefined)
      throw denied(`An upgrade to ${quote(upgrade)}`, '--read-only');
    for (const reading of readings(method, target, info)) judge(request, target, reading);
    if (pathPrefix === '') return;
    // A server's URL may end within the API: behind /api/v1, /secrets are the secrets.
    const whole = parseRequestTarget(pathPrefix + target.text);
    for (const reading of readings(method, whole, requestInfo(method, whole)))
      if (reading.isResourceRequest) judge(request, whole, reading);
  };
}

/** The deprecated verb `proxy` stands where a subresource does now: `/api/v1/proxy/nodes/n`. */
function subresourceOf({ verb, subresource }: RequestInfo): string {
  return verb === 'proxy' ? 'proxy' : subresource;
}

function changesNothing(method: string, info: RequestInfo): boolean {
  if (HARMLESS_METHODS.has(method)) return !SESSIONS.has(subresourceOf(info));
  const isReview = REVIEWS.has(`${info.resource}.${info.apiGroup}`);
  return isReview && info.verb === 'create' && info.parts.length === 1;
}

function matches({ resource, subresource, group }: DenyRule, info: RequestInfo): boolean {
  if (!info.isResourceRequest) return false;
  if (resource !== '*' && resource !== info.resource) return false;
  if (group !== undefined && group !== '*' && group !== info.apiGroup) return false;
  const asked = subresourceOf(info);
  return (
    subresource === undefined || subresource === asked || (subresource === '*' && asked !== '')
  );
}

// Where servers differ: an escaped slash, parameters, duplicate slashes, an API below a prefix.
const ESCAPED_SLASH = /%2f/gi;
const AMBIGUOUS = /;|\/\/|.\/apis?\//;

/** The requests that a server may take the target for. The first is the API server's reading. */
function readings(method: string, target: RequestTarget, info: RequestInfo): RequestInfo[] {
  if (!AMBIGUOUS.test(target.decodedPath) && target.path.search(ESCAPED_SLASH) < 0) return [info];
  const read = (decodedPath: string) => requestInfo(method, { ...target, decodedPath });
  const paths = decodings(target.path);
  const below = new Set([...paths].flatMap(pathsBelowPrefix));
  return [
    info,
    ...[...paths].map(read),
    ...[...below].map(read).filter((i) => i.isResourceRequest),
  ];
}

/** A path as decoded by servers that take `%2F` for a slash or not, and that collapse slashes and drop `;parameters` or not. */
function decodings(path: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const raw of [path, path.replace(ESCAPED_SLASH, '%252F')]) {
    for (const routed of [raw, collapseSlashes(raw)]) {
      const decoded = decodeURIComponent(routed);
      for (const plain of [decoded, decoded.replace(/;[^/]*/g, '')])
        found.add(plain).add(collapseSlashes(plain));
    }
  }
  return found;
}

function collapseSlashes(path: string): string {
  return path.replace(/\/{2,}/g, '/');
}

// /apis/GROUP/VERSION/watch/namespaces/NAMESPACE/RESOURCE/NAME/SUBRESOURCE
const MOST_SEGMENTS = 9;

/** What follows in a path like `/k8s/clusters/c/api/v1/secrets`, which gateways to many clusters serve. */
function pathsBelowPrefix(path: string): string[] {
  const segments = path.split('/');
  return segments.flatMap((segment, at) =>
    segment === 'apis' || (segment === 'api' && segments[at + 1] === 'v1')
      ? [`/${segments.slice(at, at + MOST_SEGMENTS).join('/')}`]
      : [],
  );
}

function describe(request: RequestHead, target: RequestTarget, info: RequestInfo): string {
  if (!info.isResourceRequest) return `The request ${quote(`${request.method} ${target.path}`)}`;
  const what = spell({
    resource: info.resource,
    subresource: subresourceOf(info) || undefined,
    group: info.apiGroup || undefined,
  });
  return `The request to ${quote(`${info.verb || request.method} ${what}`)}`;
}

function denied(what: string, rule: string): PortholeError {
  return new PortholeError(
    'ERR_DENIED',
    `${what} is refused by ${rule}; start porthole without that to allow it.`,
  );
}
