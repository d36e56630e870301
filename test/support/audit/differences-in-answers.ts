import {
  bodyNote,
  type Difference,
  groupVersion,
  isAfterHead,
  isDecoded,
  isFailure,
  isRecord,
} from './difference.ts';

const STREAM = /\/(?:exec|attach|portforward)(?:\?|$)/;
const LONG = /^(?:requestObject|responseObject|objectRef\.name)$/;
const OF_STATUS = /^(?:responseStatus\.(?:status|reason)|responseObject)$/;
const MASKED = '<masked>';

/** What was answered, and the objects that went either way. */
export const IN_ANSWERS: readonly Difference[] = [
  {
    name: 'upgrades',
    why: 'The API server takes any upgrade to a session in a pod for answered with 101 once it has left HTTP, and to a watch with 200; porthole tells what the client got.',
    is: ({ path, ours, theirs, events: { ours: event } }) =>
      path === 'responseStatus.code' &&
      ((STREAM.test(event?.requestURI ?? '') && ours === 403 && theirs === 101) ||
        (event?.verb === 'watch' && (ours === 403 || ours === 101) && theirs === 200)),
  },
  {
    name: 'messages',
    why: 'kube-apiserver 1.20 names status and reason of a failure alone; newer ones its message and details too, as porthole does.',
    is: ({ path, theirs, events }) =>
      /^responseStatus\.(?:message|details)$/.test(path) &&
      theirs === undefined &&
      events.ours?.stage === 'ResponseComplete',
  },
  {
    name: 'early ends',
    why: 'kube-apiserver 1.20 says of watches that their connection closed early, however they end.',
    is: ({ path, ours, theirs, events }) =>
      ours === undefined &&
      events.ours?.verb === 'watch' &&
      ((path === 'responseStatus.status' && theirs === 'Success') ||
        (path === 'responseStatus.message' && theirs === 'Connection closed early')),
  },
  {
    name: 'failures that have begun',
    why: 'At ResponseStarted porthole has seen the code; the rest is in a body that is yet to come, and in the last event.',
    is: ({ path, ours, events }) =>
      ours === undefined &&
      events.ours?.stage === 'ResponseStarted' &&
      OF_STATUS.test(path) &&
      isFailure(events.theirs),
  },
  {
    name: 'HEAD',
    why: 'The answer has no body that could be recorded.',
    is: ({ path, ours, events }) => ours === undefined && isAfterHead(path, events),
  },
  {
    name: 'plain answers',
    why: 'Of failures that the API server writes without its API machinery (406, an odd path) it knows the code alone; porthole records what passed.',
    is: ({ path, theirs, events }) =>
      theirs === undefined &&
      OF_STATUS.test(path) &&
      isFailure(events.theirs) &&
      events.theirs?.responseStatus?.['status'] === undefined,
  },
  {
    name: 'objects of another group',
    why: 'kube-apiserver 1.20 leaves out objects that are not of the API group in the path, a Scale or an Eviction.',
    is: ({ path, theirs, events: { ours } }) =>
      path === 'requestObject' &&
      theirs === undefined &&
      isRecord(ours?.requestObject) &&
      ours.requestObject['apiVersion'] !== undefined &&
      groupVersion(ours.objectRef) !== ours.requestObject['apiVersion'],
  },
  {
    name: 'refused objects',
    why: 'The API server has refused the request before it read the object; porthole records what was sent.',
    is: ({ path, theirs, events }) =>
      path === 'requestObject' && theirs === undefined && isFailure(events.ours),
  },
  {
    name: 'long bodies',
    why: 'Bodies beyond `--audit-max-body` are left out, with their size, their hash, and `audit.k8s.io/truncated`.',
    is: ({ path, ours, events }) =>
      events.ours?.annotations?.['audit.k8s.io/truncated'] === 'true' &&
      ((LONG.test(path) && ours === undefined) ||
        path === 'annotations.audit\\.k8s\\.io/truncated'),
  },
  {
    name: 'protobuf',
    why: 'Bodies in protobuf are not decoded: their size and hash are in an annotation.',
    is: ({ path, ours, events }) =>
      ours === undefined &&
      (path === 'requestObject' || path === 'responseObject') &&
      bodyNote(path, events).startsWith('application/vnd.kubernetes.protobuf'),
  },
  {
    name: 'secrets',
    why: 'Secrets, tokens and passwords are `REDACTED`, in any object.',
    is: ({ path, ours }) =>
      /^(?:requestObject|responseObject)\./.test(path) &&
      typeof ours === 'string' &&
      ours.includes('REDACTED'),
  },
  {
    name: 'excerpts of bodies',
    why: 'What a message quotes of a body may be a secret.',
    is: ({ path, ours, theirs }) =>
      path === 'responseObject.message' &&
      String(ours).endsWith(`, error found in #${MASKED}`) &&
      String(theirs).startsWith(String(ours).slice(0, -MASKED.length)),
  },
  {
    name: 'defaults',
    why: 'The API server records an object once it has decoded it, with defaults and empty fields; porthole records what was sent.',
    is: ({ path, ours, events }) =>
      ours === undefined &&
      (isDecoded(events)
        ? path.startsWith('requestObject.')
        : events.ours?.verb.startsWith('delete') === true &&
          /^requestObject\.(?:kind|apiVersion)$/.test(path)),
  },
  {
    name: 'unknown fields',
    why: 'Decoding drops fields that the API server does not know, and turns `stringData` into `data`.',
    is: ({ path, theirs, events }) =>
      path.startsWith('requestObject.') && theirs === undefined && isDecoded(events),
  },
];
