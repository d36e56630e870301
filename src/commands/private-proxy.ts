import type { RunOptions } from '../options.ts';
import { clientUrl } from './client-kubeconfig.ts';
import type { StartedProxy } from './run.ts';
import { runtimeWarnings } from './runtime.ts';
import { type ServingOptions, startServing } from './serving.ts';
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

/** What `startServing` is told of a proxy for one command. */
type PrivateOptions = Omit<RunOptions, 'command'> & Pick<ServingOptions, 'recorders' | 'identify'>;

/**
 * Starts a proxy for one command.
 * @throws {PortholeError} as rejection, when a flag or a file is not right
 */
export async function startPrivateProxy(
  options: PrivateOptions,
  terminal: Terminal,
): Promise<StartedProxy> {
  const quiet = options.logFormat === 'off';
  const { proxy, config, lock, notes, close } = await startServing(
    { ...options, ...PRIVATE, quiet },
    terminal,
  );
  for (const warning of [...runtimeWarnings(terminal), ...config.warnings]) notes.warn(warning);
  return {
    url: clientUrl({ ...PRIVATE, port: proxy.port, tls: lock.tls !== undefined }),
    ca: lock.ca?.pem,
    token: lock.token,
    namespace: config.namespace,
    close: () => close(0),
  };
}
