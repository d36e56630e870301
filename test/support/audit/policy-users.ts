// Who asks in test/fixtures/audit/requests.txt: kube-apiserver knows them by their tokens, porthole's policies by their names.
import type { UserInfo } from '../../../src/credentials/identity.ts';

const AUTHENTICATED = 'system:authenticated';

const account = (name: string): UserInfo => ({
  username: `system:serviceaccount:kube-system:${name}`,
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system'],
});

const KNOWN: Readonly<Record<string, UserInfo>> = {
  alice: { username: 'alice', groups: ['developers', 'auditors'] },
  bob: { username: 'bob', groups: ['auditors'] },
  carol: { username: 'carol', groups: ['developers'] },
  dave: { username: 'dave', groups: [] },
  admin: { username: 'admin', groups: ['system:masters'] },
  'kube-proxy': { username: 'system:kube-proxy', groups: [] },
  node: { username: 'system:node:node-1', groups: ['system:nodes'] },
  kubelet: { username: 'kubelet', groups: [] },
  'problem-detector': { username: 'system:node-problem-detector', groups: [] },
  'controller-manager': { username: 'system:kube-controller-manager', groups: [] },
  scheduler: { username: 'system:kube-scheduler', groups: [] },
  unsecured: { username: 'system:unsecured', groups: [] },
  apiserver: { username: 'system:apiserver', groups: [] },
  autoscaler: { username: 'cluster-autoscaler', groups: [] },
  'endpoint-controller': account('endpoint-controller'),
  'namespace-controller': account('namespace-controller'),
};

/** Whom the API server takes somebody for. It adds the group of all who have proved who they are. */
export function userOf(name: string): UserInfo {
  if (name === 'anonymous')
    return { username: 'system:anonymous', groups: ['system:unauthenticated'] };
  const user = KNOWN[name];
  if (user === undefined) throw new Error(`nobody is called ${name}`);
  return { ...user, groups: [...user.groups, AUTHENTICATED] };
}

/** The bearer token of somebody; undefined for who has none. */
export function tokenOf(name: string): string | undefined {
  return name === 'anonymous' ? undefined : `token-of-${name}`;
}

/** For kube-apiserver's `--token-auth-file`. */
export function tokenFile(): string {
  return Object.entries(KNOWN)
    .map(
      ([name, { username, groups }]) =>
        `${tokenOf(name)},${username},${name},"${groups.join(',')}"\n`,
    )
    .join('');
}
