import { statSync } from 'node:fs';
import { join } from 'node:path';
import { PortholeError } from '../errors.ts';
import { printable } from '../printable.ts';
import { rootsProblem } from './certificates.ts';
import type { Choice } from './choose.ts';
import { EMPTY_CLUSTER, EMPTY_USER } from './entries.ts';
import { readFailure } from './read-bounded.ts';
import type { SourceReader } from './source-reader.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Where every pod finds its service account (client-go `rest.InClusterConfig`). */
export const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';

/** What keeps us from being a pod with a service account; undefined if nothing does. */
export function inClusterProblem(env: Env, dir: string): string | undefined {
  if (!env['KUBERNETES_SERVICE_HOST'] || !env['KUBERNETES_SERVICE_PORT'])
    return 'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set, so this is not a pod';
  const token = join(dir, 'token');
  try {
    if (!statSync(token).isDirectory()) return undefined;
  } catch {
    // Not there, or not for us to see.
  }
  return `${printable(token)} cannot be read, so the pod has no service account token`;
}

/**
 * The cluster and user that a pod is given. A CA that cannot be loaded leaves the system's roots, with a warning; not when it
 * is loaded again, because trust must not widen while a file is rewritten.
 * @throws {PortholeError} `ERR_KUBECONFIG` outside of a pod
 */
export function inCluster(env: Env, dir: string, reader: SourceReader, warnings: string[]): Choice {
  const problem = inClusterProblem(env, dir);
  if (problem !== undefined)
    throw new PortholeError('ERR_KUBECONFIG', `--in-cluster: ${problem}; use a kubeconfig instead`);
  const [host = '', port = ''] = [env['KUBERNETES_SERVICE_HOST'], env['KUBERNETES_SERVICE_PORT']];
  const authority = join(dir, 'ca.crt');
  const bad = authorityProblem(authority, reader);
  if (bad !== undefined && reader.again)
    throw new PortholeError('ERR_KUBECONFIG', `the cluster's CA cannot be used: ${bad}`);
  if (bad !== undefined)
    warnings.push(`${bad}: the system's root certificates are used for the API server`);
  return {
    contextName: undefined,
    clusterName: undefined,
    cluster: {
      ...EMPTY_CLUSTER,
      server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
      certificateAuthority: bad === undefined ? authority : undefined,
    },
    userName: undefined,
    user: { ...EMPTY_USER, tokenFile: join(dir, 'token') },
    namespace: env['POD_NAMESPACE'] || namespaceIn(dir, reader),
  };
}

function authorityProblem(path: string, reader: SourceReader): string | undefined {
  try {
    const problem = rootsProblem(reader.text(path));
    return problem === undefined ? undefined : `${printable(path)}: ${problem}`;
  } catch (error) {
    return readFailure(path, error);
  }
}

function namespaceIn(dir: string, reader: SourceReader): string | undefined {
  try {
    return reader.text(join(dir, 'namespace')).trim() || undefined;
  } catch {
    return undefined;
  }
}
