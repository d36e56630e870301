// A kube-apiserver that audits by a policy of ours, and knows the users of the requests. Several may share an etcd.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, type Stop } from '../cluster/component.ts';
import {
  type ApiServerOptions,
  apiServerFlags,
  type Place,
  startApiServer,
} from '../cluster/programs.ts';
import { RunningCommand } from '../process.ts';
import { tokenFile } from './policy-users.ts';

export interface AuditingApiServer {
  readonly port: number;
  readonly auditLog: string;
  readonly stop: Stop;
}

/** Resolves when it is ready. `name` is that of its folder below `place`. */
export async function startAuditingApiServer(
  place: Place,
  etcdPort: number,
  name: string,
  auditPolicyFile: string,
): Promise<AuditingApiServer> {
  const dir = join(place.dir, name);
  const program = await startApiServer(place, etcdPort, optionsIn(dir, auditPolicyFile));
  return { ...program, auditLog: join(dir, 'audit.log') };
}

/** What an API server says of a policy that it does not take. It ends before it listens. */
export async function complaintOf(
  place: Place,
  etcdPort: number,
  name: string,
  auditPolicyFile: string,
): Promise<string> {
  const options = optionsIn(join(place.dir, name), auditPolicyFile);
  const args = apiServerFlags(place, etcdPort, await freePort(), options);
  const command = new RunningCommand(join(place.assets, 'kube-apiserver'), args);
  const [, complaint = ''] = await command.waitFor(
    'stderr',
    /loading audit policy file: (.*): from file /,
  );
  await command.exited;
  return complaint;
}

function optionsIn(dir: string, auditPolicyFile: string): ApiServerOptions {
  mkdirSync(dir);
  const tokens = join(dir, 'tokens.csv');
  writeFileSync(tokens, tokenFile(), { mode: 0o600 });
  return {
    dir,
    auditPolicyFile,
    tokenFile: tokens,
    flags: ['--enable-priority-and-fairness=false'],
  };
}
