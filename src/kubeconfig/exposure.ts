import { lstatSync, realpathSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { printable } from '../printable.ts';

/** What somebody changes with a kubeconfig. */
const CHANGES = 'with it what porthole runs, whom it trusts and who it is';

/**
 * What other users of this machine could do with kubeconfigs that were read: a sentence for each file. Nothing is changed
 * about it: that is its owner's to do. `holdsSecrets` tells whether reading it is enough to act as somebody in it. Modes
 * say this on POSIX systems only.
 */
export function exposureWarnings(
  files: readonly string[],
  holdsSecrets: (file: string) => boolean,
): string[] {
  const us = ourUid();
  if (us === undefined) return [];
  return files.flatMap((file) => {
    try {
      return exposure(file, us, holdsSecrets(file)) ?? [];
    } catch {
      return []; // Gone since it was read: whoever follows it will say so.
    }
  });
}

function exposure(file: string, us: number, holdsSecrets: boolean): string | undefined {
  const shown = printable(file);
  const real = realpathSync(file);
  const [stat, link] = [statSync(real), lstatSync(file)];
  if (!stat.isFile()) return undefined; // A pipe holds it for nobody else.
  // Where root has no id of its own here, the root folder shows whose files are the machine's.
  const trusted = [us, 0, statSync('/').uid];
  const foreign = [stat, link].find(({ uid }) => !trusted.includes(uid));
  if (foreign !== undefined)
    return `${shown} belongs to another user (uid ${foreign.uid}), who can change it and ${CHANGES}; use a file of your own`;
  const [way, wayToLink] = [wayTo(dirname(real), trusted), wayTo(dirname(file), trusted)];
  const swap = way.swap ?? wayToLink.swap;
  if (swap !== undefined)
    return `other users can replace ${shown}, as they can change the folder ${printable(swap)}, and ${CHANGES}; take that from them (chmod go-w)`;
  if (!way.isOpen) return undefined;
  if ((stat.mode & 0o022) !== 0)
    return `other users can change ${shown}, and ${CHANGES}; take it from them (chmod 600)`;
  if ((stat.mode & 0o044) !== 0 && holdsSecrets)
    return `other users can read ${shown}, which holds credentials; take it from them (chmod 600)`;
  return undefined;
}

/** How far others get on the way to a folder: whether into it, and which folder they could put another one into. */
function wayTo(
  folder: string,
  trusted: readonly number[],
): { readonly isOpen: boolean; readonly swap?: string } {
  let path = '/';
  for (const name of realpathSync(folder).split('/')) {
    path = join(path, name);
    const { mode, uid } = statSync(path);
    if (!trusted.includes(uid) || isOpenToAll(mode)) return { isOpen: true, swap: path };
    if ((mode & 0o011) === 0) return { isOpen: false };
  }
  return { isOpen: true };
}

/** With the sticky bit, as /tmp has it, everybody has to leave alone what is not theirs. */
function isOpenToAll(mode: number): boolean {
  return (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
}

/** The effective user id; undefined on Windows, and where nobody tells it. */
function ourUid(): number | undefined {
  try {
    const { uid } = userInfo();
    if (uid !== -1) return uid;
  } catch {
    // Containers run under ids that have no name.
  }
  return statSync('/proc/self', { throwIfNoEntry: false })?.uid;
}
