import type { ServerResponse } from 'node:http';
import type { ApiObject } from './object.ts';
import type { Resource } from './resources.ts';
import type { Selector } from './selector.ts';
import { badRequest, StatusError } from './status.ts';
import type { Change, Store } from './store.ts';

/** What one watcher sees, and how its objects are written. */
export interface View {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly selects: Selector;
  readonly render: (object: ApiObject) => object;
}

/** A reader that is this far behind is cut off, as the API server does: it can watch again from where it was. */
const BACKLOG_LIMIT_BYTES = 1024 * 1024;
/** What setTimeout takes. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Answers with one line an event until the client leaves or `timeoutSeconds` (an hour by default) are over: changes after
 * `resourceVersion`, or what exists as ADDED first when that is `0` or missing. A forgotten version is an ERROR event.
 * @throws {StatusError} 400, 422 before the head is sent
 */
export function watch(
  store: Store,
  view: View,
  query: URLSearchParams,
  response: ServerResponse,
): void {
  if (query.has('sendInitialEvents')) {
    const message = 'sendInitialEvents is forbidden: the demo has no WatchList';
    throw new StatusError(422, 'Invalid', message);
  }
  const timeoutMs = Math.min((wholeNumber(query, 'timeoutSeconds') || 3600) * 1000, LONGEST_MS);
  const since = wholeNumber(query, 'resourceVersion');
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.flushHeaders();
  const send = (event: WatchEvent): void => {
    response.write(`${JSON.stringify(event)}\n`);
    if (response.writableLength > BACKLOG_LIMIT_BYTES) response.destroy();
  };
  try {
    for (const event of eventsUntilNow(store, view, since)) send(event);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    response.end(`${JSON.stringify({ type: 'ERROR', object: error.status })}\n`);
    return;
  }
  const stop = store.follow((change) => {
    const event = eventOf(change, view);
    if (event !== undefined) send(event);
  });
  const timer = setTimeout(() => response.end(), timeoutMs);
  response.once('close', () => {
    stop();
    clearTimeout(timer);
  });
}

interface WatchEvent {
  readonly type: string;
  readonly object: object;
}

function eventsUntilNow(store: Store, view: View, since: number): WatchEvent[] {
  if (since > 0) return store.changesSince(since).flatMap((one) => eventOf(one, view) ?? []);
  const objects = store.list(view.resource, view.namespace).filter(view.selects);
  return objects.map((object) => ({ type: 'ADDED', object: view.render(object) }));
}

/** An object that begins or ceases to be selected is added or deleted, for this watcher. */
function eventOf(change: Change, view: View): WatchEvent | undefined {
  const { resource, namespace, selects } = view;
  const { type, object, previous } = change;
  if (change.resource !== resource) return undefined;
  if (namespace !== undefined && object.metadata.namespace !== namespace) return undefined;
  const was = previous !== undefined && selects(previous);
  const is = type !== 'DELETED' && selects(object);
  if (!was && !is) return undefined;
  return { type: was ? (is ? 'MODIFIED' : 'DELETED') : 'ADDED', object: view.render(object) };
}

/** 0 when it is missing or empty. */
function wholeNumber(query: URLSearchParams, name: string): number {
  const text = query.get(name) || '0';
  if (!/^\d{1,15}$/.test(text)) throw badRequest(`${name}: Invalid value: "${text}"`);
  return Number(text);
}
