import { fileURLToPath } from 'node:url';
import { type DemoOptions, parseArguments } from '../options.ts';
import { untilStopped } from './serve.ts';
import { startServing } from './serving.ts';
import type { Terminal } from './terminal.ts';

/** `porthole demo`: a cluster of its own, and the proxy in front of it, until a signal. Resolves to the exit code. */
export async function demoCommand(options: DemoOptions, terminal: Terminal): Promise<number> {
  // Loaded only here: a proxy that serves has no use for node-forge, and would wait for it.
  const { startDemo } = await import('../demo/demo.ts');
  const directory = options.directory ?? fileURLToPath(new URL('../../certs', import.meta.url));
  const { kubeconfig, server } = await startDemo({ directory });
  const flags = parseArguments(['--kubeconfig', kubeconfig, '--context', 'porthole-demo']);
  if (flags.kind !== 'serve') throw new TypeError('the demo serves');
  const serving = await startServing({ ...flags.options, ...options }, terminal);
  const stopped = untilStopped(serving, options.shutdownGraceMs, terminal, () => server.close());
  terminal.say(`Demo API server on ${server.url}; what it holds is new at each start.`);
  terminal.say(`For kubectl without the proxy: kubectl --kubeconfig=${kubeconfig} get pods -A`);
  terminal.print(`Starting to serve on ${serving.proxy.address}\n`);
  terminal.say(`Try: curl ${serving.url}/version`);
  return stopped;
}
