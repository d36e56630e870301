import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import { traceLoading } from '../../src/kubeconfig/load.ts';
import type { ProxyOptions } from '../../src/proxy.ts';
import { emptyFolder } from './cli.ts';
import { root } from './in-front.ts';
import { RawClient, request } from './raw-client.ts';
import { OK, type RecordingUpstream, type Script, startUpstream } from './recording-upstream.ts';
import { pluginsWith, startProxy } from './start-proxy.ts';

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n';
export const WATCH = 'GET /api/v1/pods?watch=true';
export const CLOSE = { headers: 'Connection: close\r\n' };

export const other = mintAuthority({ commonName: 'other' });
const serving = root.issueServer();
export const otherServing = other.issueServer();
export const ALICE = root.issueClient({ commonName: 'alice' });
export const ALICE_2 = root.issueClient({ commonName: 'alice-2' });
export const BOB = other.issueClient({ commonName: 'bob' });

/** An upstream that knows clients by `root` unless told otherwise, and whom each request came as. */
export async function upstreamOf(options: TlsOptions = {}, script?: Script) {
  const names: string[] = [];
  const answer: Script = (head, connection) => {
    names.push(String(connection.tls.getPeerCertificate().subject?.CN));
    if (head.includes('watch=true')) return CHUNKED;
    return script === undefined ? OK : script(head, connection);
  };
  const upstream = await startUpstream(answer, {
    ...serving,
    ca: root.pem,
    rejectUnauthorized: true,
    ...options,
  });
  onTestFinished(() => upstream.close());
  return Object.assign(upstream, { names });
}

/** A folder with kubeconfig, CA and client certificate, and a proxy that follows them. */
export async function follow(
  upstream: Pick<RecordingUpstream, 'port'>,
  options: Partial<ProxyOptions> = {},
  user?: object,
) {
  const dir = emptyFolder();
  const write = (name: string, text: string): void => writeFileSync(join(dir, name), text);
  const writePair = ({ cert, key }: { cert: string; key: string }): void => {
    write('client.crt', cert);
    write('client.key', key);
  };
  const writeConfig = (fields: { port?: number; user?: object; name?: string } = {}): void => {
    const { port = upstream.port, name = 'alice', user } = fields;
    const config = {
      'current-context': name,
      contexts: [{ name, context: { cluster: 'c', user: name } }],
      clusters: [
        {
          name: 'c',
          cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority': 'ca.crt' },
        },
      ],
      users: [
        { name, user: user ?? { 'client-certificate': 'client.crt', 'client-key': 'client.key' } },
      ],
    };
    write('config', JSON.stringify(config));
  };
  write('ca.crt', root.pem);
  writePair(ALICE);
  writeConfig(user === undefined ? {} : { user });
  const kubeconfig = join(dir, 'config');
  const proxy = await startProxy(
    { ...upstream, ca: root.pem, client: ALICE },
    {
      reload: (trace) =>
        traceLoading(
          {
            flags: { kubeconfig },
            env: {},
            cwd: '/',
            platform: process.platform,
            now: new Date(),
            again: true,
          },
          trace,
        ),
      plugins: pluginsWith(process.env),
      ...options,
    },
    { kubeconfig },
  );
  onTestFinished(() => {
    proxy.destroy();
    rmSync(dir, { recursive: true });
  });
  const connect = () => RawClient.connect(proxy.port);
  const ask = async (text = request('GET /version', CLOSE)): Promise<string> => {
    const client = await connect();
    await client.send(text).untilEnd();
    client.close();
    return client.received;
  };
  return { proxy, dir, write, writePair, writeConfig, connect, ask };
}
