import type { Cluster } from './cluster.ts';

/** What a kubeconfig says of each user, by name. */
export type Users = Readonly<Record<string, object>>;

/** The text of a kubeconfig with a context of the same name for each of the users; `server` is instead of the cluster's. */
export function userKubeconfig(
  cluster: Cluster,
  users: Users,
  current: string,
  server = cluster.server,
): string {
  const names = Object.keys(users);
  const authority = Buffer.from(cluster.caPem).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': current,
    contexts: names.map((name) => ({ name, context: { cluster: 'e2e', user: name } })),
    clusters: [{ name: 'e2e', cluster: { server, 'certificate-authority-data': authority } }],
    users: names.map((name) => ({ name, user: users[name] })),
  });
}

/** Fields of a user who is known by an exec plugin. */
export function byPlugin(command: string, fields: object = {}): object {
  const apiVersion = 'client.authentication.k8s.io/v1';
  return { exec: { apiVersion, command, interactiveMode: 'Never', ...fields } };
}
