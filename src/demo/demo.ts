import { ensureCertificates, writeKubeconfig } from '#certs/write.ts';
import { PortholeError } from '../errors.ts';
import { type DemoServer, startDemoServer } from './server.ts';

export interface Demo {
  /** Path of the kubeconfig whose current context, `porthole-demo`, is the server. */
  readonly kubeconfig: string;
  readonly server: DemoServer;
}

/**
 * Starts the demo API server, on a free port by default, with certificates that are kept in `directory` and a kubeconfig
 * beside them. @throws {PortholeError} `ERR_LISTEN`, or `ERR_KUBECONFIG` when the directory can not be written
 */
export async function startDemo(options: {
  readonly directory: string;
  readonly port?: number;
}): Promise<Demo> {
  const { directory, port = 0 } = options;
  const { ca, server: pair } = await writing(directory, () => ensureCertificates(directory));
  const server = await startDemoServer({ tls: { ca, ...pair }, port });
  try {
    const entry = { name: 'porthole-demo', server: server.url };
    const kubeconfig = await writing(directory, () => writeKubeconfig(directory, entry));
    return { kubeconfig, server };
  } catch (error) {
    await server.close();
    throw error;
  }
}

async function writing<T>(directory: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
    const message = `cannot write the demo's certificates and kubeconfig into ${directory}${code}: make it a directory that you may write to`;
    throw new PortholeError('ERR_KUBECONFIG', message, { cause });
  }
}
