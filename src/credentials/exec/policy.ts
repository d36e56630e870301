import type { PluginPolicy } from '../../kubeconfig/kuberc.ts';
import { quote } from '../../printable.ts';
import { isBare, type Lookup, lookPath, type Surroundings } from './lookup.ts';
import { failure } from './text.ts';

/**
 * What is to be executed for `command`, if the policy lets it (client-go `updateCommandAndCheckAllowlistLocked`). A bare name
 * that PATH does not lead to is no matter of policy, unless there is an allowlist to compare it with.
 * @throws {PortholeError} `ERR_CREDENTIALS`
 */
export async function permitted(
  command: string,
  { policy, allowlist }: PluginPolicy,
  around: Surroundings,
): Promise<Lookup> {
  if (policy === 'DenyAll')
    throw failure(
      `plugin ${quote(command)} not allowed: policy set to "DenyAll"; kuberc says so, change credentialPluginPolicy there`,
    );
  const found: Lookup = isBare(command, around.platform)
    ? await lookPath(command, around)
    : { path: command };
  if (policy === 'AllowAll') return found;
  if (allowlist.includes(command) || (found.path && allowlist.includes(found.path))) return found;
  const resolved = await lookPath(found.path ?? command, around);
  if (resolved.path === undefined)
    throw failure(
      `plugin path ${quote(command)} cannot be resolved for credential plugin allowlist check: ${resolved.problem}`,
    );
  for (const entry of allowlist)
    if ((await lookPath(entry, around)).path === resolved.path) return resolved;
  throw failure(
    `plugin path ${quote(resolved.path)} is not permitted by the credential plugin allowlist; add it to credentialPluginAllowlist in kuberc`,
  );
}
