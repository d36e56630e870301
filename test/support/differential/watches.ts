import { SHARED, TABLE } from './reads.ts';
import type { Row } from './row.ts';

// From the version before the objects were made: then they come in the order in which they were.
const path = `/api/v1/namespaces/${SHARED}/configmaps?watch=1&resourceVersion=$VERSION`;
const watch = `${path}&timeoutSeconds=1`;
const one = 'fieldSelector=metadata.name%3Dc-1';
const three = /^\{"type":"ADDED".*"c-0".*\n\{"type":"ADDED".*"c-1".*\n\{"type":"ADDED".*"c-2".*\n$/;

/** Each lasts as long as its timeoutSeconds. */
export const watches: readonly Row[] = [
  { name: 'watch', path: watch, holds: three },
  {
    name: 'watch, from what is there now',
    path: `/api/v1/namespaces/${SHARED}/configmaps?watch=true&timeoutSeconds=1&${one}`,
    holds: /^\{"type":"ADDED".*"c-1".*\n$/,
  },
  { name: 'watch, by field', path: `${watch}&${one}`, holds: /^\{"type":"ADDED".*"c-1".*\n$/ },
  {
    name: 'watch, by the old path',
    path: `/api/v1/watch/namespaces/${SHARED}/configmaps/c-2?timeoutSeconds=1`,
    holds: /"c-2"/,
  },
  { name: 'watch, table', path: watch, headers: { Accept: TABLE }, holds: /"kind":"Table"/ },
  {
    name: 'watch, protobuf',
    path: watch,
    headers: { Accept: 'application/vnd.kubernetes.protobuf;stream=watch' },
    holds: /ADDED/,
  },
  {
    name: 'watch, gzip asked for',
    path: watch,
    headers: { 'Accept-Encoding': 'gzip' },
    holds: three,
  },
  {
    name: '400: watch with a selector that is none',
    path: `${path}&timeoutSeconds=1&fieldSelector=x`,
    status: 400,
  },
  {
    name: '403: watch as somebody with no rights',
    path: watch,
    headers: { 'Impersonate-User': 'nobody' },
    status: 403,
  },
];

/** Its bookmark comes 2 s before its end, and only when other ConfigMaps have changed meanwhile. */
export const watchWithBookmarks: Row = {
  name: 'watch, with bookmarks',
  path: `/api/v1/namespaces/${SHARED}/configmaps?watch=1&allowWatchBookmarks=true&timeoutSeconds=5&${one}`,
  holds: /"type":"ADDED".*"type":"BOOKMARK"/s,
};
