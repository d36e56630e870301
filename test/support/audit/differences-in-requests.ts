import { answeredCode, type Difference, isFailure, isRecord } from './difference.ts';

const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const OWN_WORD = /^porthole\//;
const THEIR_WORD =
  /^(?:authorization\.k8s\.io\/(?:decision|reason)|k8s\.io\/(?:deprecated|removed-release))$/;

/** A path below `annotations`, or all of them, when only one side has this. */
function isAnnotation(path: string, value: unknown, words: RegExp): boolean {
  if (path === 'annotations')
    return isRecord(value) && Object.keys(value).every((word) => words.test(word));
  const [, word = ''] = /^annotations\.(.*)$/.exec(path.replaceAll('\\.', '.')) ?? [];
  return words.test(word);
}

/** Which events there are, and what they say of who asked for what. */
export const IN_REQUESTS: readonly Difference[] = [
  {
    name: 'times',
    why: 'Each tells when it saw the request itself.',
    is: ({ path, ours, theirs }) =>
      /^(?:requestReceived|stage)Timestamp$/.test(path) &&
      MICRO_TIME.test(String(ours)) &&
      MICRO_TIME.test(String(theirs)),
  },
  {
    name: 'annotations of porthole',
    why: 'What only porthole knows: where the time went, how it ended for the client, which command asked.',
    is: ({ path, ours, theirs }) => theirs === undefined && isAnnotation(path, ours, OWN_WORD),
  },
  {
    name: 'annotations of the cluster',
    why: 'What only the API server knows: who allowed it, which API goes away.',
    is: ({ path, ours, theirs }) => ours === undefined && isAnnotation(path, theirs, THEIR_WORD),
  },
  {
    name: 'refused credentials',
    why: 'Of a 401 the API server writes one event, ResponseStarted, without a user; porthole sees an answer like any other.',
    is: ({ path, events: { ours, theirs } }) => {
      if (path !== 'event') return answeredCode(theirs) === 401 && path.startsWith('user.');
      if (ours === undefined)
        return theirs?.stage === 'ResponseStarted' && answeredCode(theirs) === 401;
      return (
        answeredCode(ours) === 401 ||
        (ours.stage === 'RequestReceived' && ours.user['username'] === 'system:unknown')
      );
    },
  },
  {
    name: 'patches that are no JSON',
    why: 'kube-apiserver 1.20 loses the last event of a patch that can not stand in JSON as it came: YAML, or broken, or empty.',
    is: ({ path, events: { ours, theirs } }) =>
      path === 'event' &&
      theirs === undefined &&
      ours?.verb === 'patch' &&
      ours.stage === 'ResponseComplete' &&
      (ours.requestObject === undefined || ours.requestURI.endsWith('fieldManager=yaml')),
  },
  {
    name: 'users that nobody names',
    why: 'Before Kubernetes 1.28 nobody tells who an opaque token is, nor ever who a credential of the client itself is: the user is `system:unknown`, and `porthole/identity-source` says so.',
    is: ({ path, events: { ours } }) =>
      path.startsWith('user.') && ours?.annotations?.['porthole/identity-source'] === 'unknown',
  },
  {
    name: 'impersonation',
    why: 'porthole reads it with the header, the API server after RequestReceived.',
    is: ({ path, theirs, events }) =>
      path === 'impersonatedUser' &&
      theirs === undefined &&
      events.theirs?.stage === 'RequestReceived',
  },
  {
    name: 'extra of the impersonated',
    why: 'What stands there may be a secret, and is `REDACTED`.',
    is: ({ path, ours }) =>
      path.startsWith('impersonatedUser.extra.') && String(ours) === 'REDACTED',
  },
  {
    name: 'clients without a name',
    why: 'Where a client sends no User-Agent porthole sends its own.',
    is: ({ path, ours, theirs }) =>
      path === 'userAgent' && ours === undefined && String(theirs).startsWith('porthole/'),
  },
  {
    name: 'tokens in URIs',
    why: 'Values of token-like keys are masked.',
    is: ({ path, ours, theirs }) =>
      path === 'requestURI' && String(ours).includes('***') && String(theirs).includes('planted'),
  },
  {
    name: 'long URIs',
    why: 'What is longer than 8 KiB is cut, as the API server cuts the user agent.',
    is: ({ path, ours, theirs }) => {
      const [kept = '', rest] = String(ours).split('...TRUNCATED');
      return path === 'requestURI' && rest === '' && String(theirs).startsWith(kept);
    },
  },
  {
    name: 'names in refused objects',
    why: 'porthole reads them in the body; the API server has refused the request before it read that.',
    is: ({ path, theirs, events: { ours } }) =>
      /^objectRef\.(?:name|namespace|uid|resourceVersion)$/.test(path) &&
      theirs === undefined &&
      isFailure(ours),
  },
];
