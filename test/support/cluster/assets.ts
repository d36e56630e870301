import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

const BINARIES = ['etcd', 'kube-apiserver', 'kubectl', 'helm', 'streamlet'];

/**
 * The one decision whether the end-to-end tests run: the folder that KUBEBUILDER_ASSETS names, or null for "skip them".
 * Throws when the folder lacks a program, and under CI=true, where a suite that skips itself proves nothing.
 */
export function findAssets(env: NodeJS.ProcessEnv): string | null {
  const folder = env['KUBEBUILDER_ASSETS'];
  if (folder === undefined || folder === '') {
    if (env['CI'] !== 'true') return null;
    throw new Error('KUBEBUILDER_ASSETS is not set, and CI=true: the e2e tests may not be skipped');
  }
  for (const name of BINARIES) accessSync(join(folder, name), constants.X_OK);
  return folder;
}
