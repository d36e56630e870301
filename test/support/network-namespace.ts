// A network of a test's own, as Linux has them: this machine, a switch, a host behind it, and the cables between.
import { spawnSync } from 'node:child_process';
import { type Finished, RunningCommand, run } from './process.ts';

/** A cable, to be pulled and plugged in again. */
export interface Cable {
  down(): Promise<void>;
  up(): Promise<void>;
}

export interface RemoteHost {
  /** IPv4. This machine has a neighbour of it. */
  readonly address: string;
  /** This machine's own: without it, its interface is down and its address gone. */
  readonly nearCable: Cable;
  /** The other side of the switch: without it, this machine sees nothing but silence. */
  readonly farCable: Cable;
  /** A command that runs on the host; its end is up to the caller. */
  start(command: string, args: readonly string[]): RunningCommand;
  /** Removes the host, the switch and the cables; the end of this process does so, too. */
  remove(): void;
}

/** Interfaces' names may have 15 characters. */
let hosts = 0;

/**
 * Makes the host and its network, with addresses of 10.0.0.0/8 that end at the switch.
 * @throws {Error} as rejection, where this process may not make network namespaces
 */
export async function makeRemoteHost(): Promise<RemoteHost> {
  const id = `${process.pid.toString(36)}x${hosts++}`;
  const names = { host: `ph-${id}`, hub: `pw-${id}`, near: `pn${id}`, far: `pf${id}` };
  const subnet = `10.${200 + (hosts % 50)}.${process.pid % 256}`;
  const address = `${subnet}.2`;
  const remove = (): void => {
    process.off('exit', remove);
    // With a namespace goes what is plugged in there, with a cable's one end the other.
    for (const command of [
      `netns delete ${names.host}`,
      `netns delete ${names.hub}`,
      `link delete ${names.near}`,
      `route delete unreachable ${subnet}.0/30 metric 9999`,
    ]) {
      spawnSync('ip', command.split(' '));
    }
  };
  process.once('exit', remove);
  try {
    await build(names, subnet);
  } catch (error) {
    remove();
    throw error;
  }
  return {
    address,
    nearCable: cable([], names.near),
    farCable: cable(['-n', names.host], names.far),
    start: (command, args) =>
      new RunningCommand('ip', ['netns', 'exec', names.host, command, ...args]),
    remove,
  };
}

interface Names {
  readonly host: string;
  readonly hub: string;
  readonly near: string;
  readonly far: string;
}

async function build({ host, hub, near, far }: Names, subnet: string): Promise<void> {
  const inHub = ['-n', hub];
  const inHost = ['-n', host];
  await ip('netns', 'add', hub);
  await ip('netns', 'add', host);
  // What is meant for the host never leaves this machine by another way, even while its own is down.
  await ip('route', 'add', 'unreachable', `${subnet}.0/30`, 'metric', '9999');
  await ip('link', 'add', near, 'type', 'veth', 'peer', 'name', 'near', 'netns', hub);
  await ip(...inHost, 'link', 'add', far, 'type', 'veth', 'peer', 'name', 'far', 'netns', hub);
  await ip(...inHub, 'link', 'add', 'switch', 'type', 'bridge');
  for (const port of ['near', 'far']) await ip(...inHub, 'link', 'set', port, 'master', 'switch');
  for (const up of ['near', 'far', 'switch']) await ip(...inHub, 'link', 'set', up, 'up');
  await ip('address', 'add', `${subnet}.1/30`, 'dev', near);
  await ip(...inHost, 'address', 'add', `${subnet}.2/30`, 'dev', far);
  await ip('link', 'set', near, 'up');
  await ip(...inHost, 'link', 'set', far, 'up');
  // As behind a router: this machine does not notice by ARP that the host is gone.
  const mac = /link\/ether (\S+)/.exec(await ip(...inHost, 'link', 'show', far))?.[1] ?? '';
  await ip('neighbour', 'replace', `${subnet}.2`, 'lladdr', mac, 'dev', near, 'nud', 'permanent');
}

function cable(where: readonly string[], name: string): Cable {
  const set = async (state: string) => void (await ip(...where, 'link', 'set', name, state));
  return { down: () => set('down'), up: () => set('up') };
}

/** What `ip` of iproute2 prints. */
async function ip(...args: readonly string[]): Promise<string> {
  const done = await run('ip', args).catch((error: Error) => error);
  if (!(done instanceof Error) && done.code === 0) return done.stdout;
  const why = done instanceof Error ? done.message : (done as Finished).stderr.trim();
  throw new Error(
    `this test makes network namespaces: it needs Linux, iproute2, and root with CAP_NET_ADMIN and CAP_SYS_ADMIN; "ip ${args.join(' ')}" failed: ${why}`,
  );
}
