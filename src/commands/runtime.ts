import type { Terminal } from './terminal.ts';

/**
 * The first release of each line of Node.js that has no known hole in what porthole uses of it: TLS to the API server and for
 * clients, HTTP/2 to the API server, decompression. Which holes, and who mended them when: docs/security.md, whose table a test
 * holds against this one. Other lines that are older than the newest here get no releases any more.
 */
export const MENDED: ReadonlyMap<number, readonly [number, number]> = new Map([
  [22, [23, 5]],
  [24, [22, 3]],
  [26, [13, 1]],
]);

type Runtime = Pick<Terminal, 'nodeVersion' | 'nodeFlags' | 'env'>;

/** What an operator should know of the Node.js that porthole runs on, in a sentence each. */
export function runtimeWarnings({ nodeVersion, nodeFlags, env }: Runtime): string[] {
  const flags = allFlags({ nodeFlags, env });
  const warnings: string[] = [];
  // As Node says nothing then of what it finds old or dangerous.
  const release = env['NODE_NO_WARNINGS'] === '1' ? undefined : releaseWarning(nodeVersion);
  if (release !== undefined) warnings.push(release);
  if (asksForInspector({ nodeFlags, env }))
    warnings.push(
      "Node's inspector is open (--inspect): whoever reaches it on this machine can read your credentials, please be cautious",
    );
  if (flags.some((flag) => /^--heapsnapshot-/.test(flag)))
    warnings.push(
      'Node was told to write heap snapshots (--heapsnapshot-...): they hold your credentials, please be cautious',
    );
  return warnings;
}

/** Whether the operator wants Node's inspector: `--inspect`, `--inspect-brk=9230`, but not `--inspect-port`. */
export function asksForInspector(runtime: Pick<Runtime, 'nodeFlags' | 'env'>): boolean {
  return allFlags(runtime).some((flag) => /^--inspect(?:-brk|-wait)?(?:=|$)/.test(flag));
}

function allFlags({ nodeFlags, env }: Pick<Runtime, 'nodeFlags' | 'env'>): string[] {
  return [...nodeFlags, ...(env['NODE_OPTIONS'] ?? '').split(/\s+/)];
}

function releaseWarning(nodeVersion: string): string | undefined {
  const [major = 0, minor = 0, patch = 0] = nodeVersion.replace(/^v/, '').split(/\D/).map(Number);
  const known = `Node.js ${nodeVersion} has known holes in what porthole uses of it`;
  const mended = MENDED.get(major);
  if (mended === undefined) {
    if (major > Math.max(...MENDED.keys())) return undefined;
    return `${known}, and gets no releases any more: use ${spelled()} (docs/security.md has the list)`;
  }
  const [mendedMinor, mendedPatch] = mended;
  if (minor > mendedMinor || (minor === mendedMinor && patch >= mendedPatch)) return undefined;
  return `${known}: update it to ${release(major, mended)} or newer (docs/security.md has the list)`;
}

function release(major: number, [minor, patch]: readonly [number, number]): string {
  return `${major}.${minor}.${patch}`;
}

/** `22.23.5, 24.22.3, 26.13.1 or newer` */
function spelled(): string {
  return `${[...MENDED].map(([major, rest]) => release(major, rest)).join(', ')} or newer`;
}
