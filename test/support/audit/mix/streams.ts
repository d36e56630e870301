// Requests that last: watches in several forms, sessions in a pod, clients that leave.
import { get } from 'node:http';
import { WebSocket } from 'ws';
import { type Asker, objectOf } from './asking.ts';
import { configMap, PROTOBUF } from './objects.ts';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

/** Watches that the API server ends after a second, and some that it refuses. */
export async function watches(asker: Asker, namespace: string): Promise<void> {
  const all = `/api/v1/namespaces/${namespace}/configmaps`;
  const services = '/api/v1/namespaces/default/services';
  const now = objectOf(await asker.expect(200, all)).metadata.resourceVersion;
  const watch = 'watch=true&timeoutSeconds=1';
  const accepting = (Accept: string) => ({ headers: { Accept } });
  const open = [
    asker.ask(`${all}?${watch}`),
    asker.ask(`${all}?${watch}&resourceVersion=${now}&allowWatchBookmarks=true`),
    asker.ask(`${all}?${watch}&resourceVersion=1`),
    asker.ask(`${all}?${watch}`, accepting(`${PROTOBUF};stream=watch`)),
    asker.ask(`${all}?${watch}`, accepting(PROTOBUF)),
    asker.ask(`${all}?${watch}`, accepting(TABLE)),
    asker.ask(`${services}?${watch}`),
    asker.ask(`${services}?${watch}`, accepting('application/yaml')),
    asker.ask(`/api/v1/watch/namespaces/${namespace}/configmaps?timeoutSeconds=1`),
    asker.ask(`${all}?${watch}&fieldSelector=metadata.name%3Dseen`),
    asker.ask(`${all}/seen?${watch}`),
    asker.ask(`/apis/apps/v1/deployments?${watch}`),
    asker.ask(`/apis/coordination.k8s.io/v1/leases?${watch}`),
    asker.ask(`/api/v1/namespaces/shown/secrets?${watch}`),
    asker.ask(`${all}?${watch}&resourceVersion=x`),
    asker.ask(`${all}?${watch}`, { method: 'HEAD' }),
    asker.ask(`/apis/none.example/v1/things?${watch}`),
  ];
  await asker.post(all, configMap('seen'));
  await Promise.all(open);
}

/** Clients that leave when the first bytes of an answer have come. */
export async function leaving(asker: Asker, pod: string): Promise<void> {
  await Promise.all(
    [
      '/api/v1/pods?watch=true',
      '/api/v1/services?watch=true',
      `${pod}/log?follow=true`,
      '/apis/apps/v1/deployments?watch=1',
    ].map((path) => leaveAtFirstByte(asker.port, path)),
  );
}

function leaveAtFirstByte(port: number, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = get({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
      answer.on('error', () => {}).once('close', resolve);
      answer.once('data', () => sent.destroy());
    });
    sent.once('error', reject);
  });
}

/** Commands in a pod by WebSocket, as browsers run them. */
export async function webSockets(asker: Asker, pod: string): Promise<void> {
  const exec = `${pod}/exec?container=main&stdout=1&stderr=1&command=echo&command=hello`;
  const services = '/api/v1/namespaces/default/services';
  const origin = `http://127.0.0.1:${asker.port}`;
  const token = Buffer.from('wrong').toString('base64url');
  await Promise.all([
    session(asker.port, exec, ['v4.channel.k8s.io']),
    session(asker.port, `${exec}&command=--token%3Dplanted`, ['v4.channel.k8s.io']),
    session(asker.port, exec.replace('main', 'none'), ['v4.channel.k8s.io']),
    session(asker.port, exec, [
      'v4.channel.k8s.io',
      `base64url.bearer.authorization.k8s.io.${token}`,
    ]),
    session(asker.port, `${pod}-none/exec?command=true`, ['v4.channel.k8s.io']),
    session(asker.port, `${services}?watch=1&timeoutSeconds=1`, []),
    session(asker.port, `${services}?watch=1&timeoutSeconds=1`, [], origin),
  ]);
}

/** Until the other side ends it, or refuses it; a watch, until the first event. */
function session(port: number, path: string, protocols: string[], origin?: string): Promise<void> {
  return new Promise((resolve) => {
    const options = origin === undefined ? {} : { origin };
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, options);
    if (path.includes('watch=')) socket.once('message', () => socket.close());
    socket.on('error', () => {}).once('close', () => resolve());
  });
}
