import type { RunOptions } from '../options.ts';
import { clientUrl } from './client-kubeconfig.ts';
import { runCommand, type StartedProxy } from './run.ts';
import { startServing } from './serving.ts';
import type { Terminal } from './terminal.ts';

/** Nobody but the command and its children is to find it, and they are told where it is. */
const PRIVATE = {
  address: '127.0.0.1',
  port: 0,
  unixSocket: undefined,
  acceptExposure: false,
  apiPrefix: '/',
  www: undefined,
  keepsKeys: true,
};

/** `porthole run`: a command with a proxy of its own. Resolves to the command's exit code. */
export function runThroughProxy(options: RunOptions, terminal: Terminal): Promise<number> {
  const start = () => startProxy(options, terminal);
  return runCommand({ command: options.command, start }, terminal);
}

async function startProxy(options: RunOptions, terminal: Terminal): Promise<StartedProxy> {
  const { proxy, config, lock, notes, close } = await startServing(
    { ...options, ...PRIVATE, quiet: options.logFormat === 'off' },
    terminal,
  );
  for (const warning of config.warnings) notes.warn(warning);
  return {
    url: clientUrl({ ...PRIVATE, port: proxy.port, tls: lock.tls !== undefined }),
    ca: lock.ca?.pem,
    token: lock.token,
    namespace: config.namespace,
    close: () => close(0),
  };
}
