// How etcd, streamlet and kube-apiserver are started. All on 127.0.0.1, on ports that are free.
import { writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Exit } from '../process.ts';
import { onFreePort, type Stop, startComponent } from './component.ts';
import type { ClusterPki } from './pki.ts';

export interface Place {
  readonly assets: string;
  readonly dir: string;
  readonly pki: ClusterPki;
}

export interface Program {
  readonly port: number;
  readonly stop: Stop;
}

export function startEtcd({ assets, dir }: Place): Promise<Program> {
  return onFreePort(async (port) => {
    const client = `http://127.0.0.1:${port}`;
    const stop = await startComponent({
      name: 'etcd',
      command: join(assets, 'etcd'),
      args: [
        `--data-dir=${join(dir, 'etcd')}`,
        `--listen-client-urls=${client}`,
        `--advertise-client-urls=${client}`,
        '--listen-peer-urls=http://127.0.0.1:0', // it has no peers
      ],
      logFile: join(dir, 'etcd.log'),
      ready: async () => (await fetch(`${client}/health`)).ok,
    });
    return { port, stop };
  });
}

/** The kubelet of every node of the cluster: the API server sends exec, attach, port-forward and logs here. */
export function startStreamlet({ assets, dir, pki }: Place): Promise<Program> {
  return onFreePort(async (port) => {
    const stop = await startComponent({
      name: 'streamlet',
      command: join(assets, 'streamlet'),
      args: [
        `-addr=127.0.0.1:${port}`,
        `-cert=${pki.files.serverCert}`,
        `-key=${pki.files.serverKey}`,
      ],
      logFile: join(dir, 'streamlet.log'),
      ready: () => accepts(port),
    });
    return { port, stop };
  });
}

/** What is not the same for all API servers. */
export interface ApiServerOptions {
  /** Where it writes, `audit.log` too; the place's folder unless given. */
  readonly dir?: string;
  /** Metadata of all once they are answered, unless given. */
  readonly auditPolicyFile?: string | undefined;
  /** Who is known by which token; those of the place's `pki` unless given. */
  readonly tokenFile?: string;
  /** Added to the others. */
  readonly flags?: readonly string[];
}

export function startApiServer(
  place: Place,
  etcdPort: number,
  options: ApiServerOptions = {},
): Promise<Program> {
  return onFreePort(async (port) => ({
    port,
    stop: await startApiServerOn(place, etcdPort, port, options),
  }));
}

function startApiServerOn(
  place: Place,
  etcdPort: number,
  port: number,
  options: ApiServerOptions,
): Promise<Stop> {
  return startComponent({
    name: 'kube-apiserver',
    command: join(place.assets, 'kube-apiserver'),
    args: apiServerFlags(place, etcdPort, port, options),
    logFile: join(options.dir ?? place.dir, 'kube-apiserver.log'),
    ready: () => answersOk(`https://127.0.0.1:${port}/readyz`, place.pki),
  });
}

const AUDIT_POLICY = `
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{ level: Metadata }]
`;

function auditPolicyOfTests(dir: string): string {
  const file = join(dir, 'audit-policy.yaml');
  writeFileSync(file, AUDIT_POLICY);
  return file;
}

/** The arguments of kube-apiserver. */
export function apiServerFlags(
  { dir: placeDir, pki: { files } }: Place,
  etcdPort: number,
  port: number,
  options: ApiServerOptions = {},
): string[] {
  const { dir = placeDir, tokenFile = files.tokens, flags = [] } = options;
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--tls-cert-file=${files.serverCert}`,
    `--tls-private-key-file=${files.serverKey}`,
    `--cert-dir=${dir}`,
    `--client-ca-file=${files.ca}`,
    `--token-auth-file=${tokenFile}`,
    '--authorization-mode=RBAC',
    // No controller manager runs that would make the service accounts which this plugin asks for.
    '--disable-admission-plugins=ServiceAccount',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${files.serviceAccountKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    // 127.0.0.1 is no valid endpoint of the `kubernetes` service.
    '--endpoint-reconciler-type=none',
    '--kubelet-preferred-address-types=InternalIP',
    `--kubelet-certificate-authority=${files.ca}`,
    `--kubelet-client-certificate=${files.clientCert}`,
    `--kubelet-client-key=${files.clientKey}`,
    `--audit-policy-file=${options.auditPolicyFile ?? auditPolicyOfTests(dir)}`,
    `--audit-log-path=${join(dir, 'audit.log')}`,
    '--profiling=false',
    ...flags,
  ];
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function answersOk(url: string, pki: ClusterPki): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { ca: pki.caPem, cert: pki.client.cert, key: pki.client.key, agent: false };
    get(url, options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).once('error', () => resolve(false));
  });
}

/** An API server that can be ended and started again, on the same port. */
export interface RestartableApiServer {
  readonly port: number;
  end(signal: NodeJS.Signals): Promise<Exit>;
  start(): Promise<void>;
}

/**
 * In a folder of its own. After SIGTERM it waits for watches as long as for other requests (`--request-timeout`): a short
 * time, unless flags are given.
 */
export async function startRestartableApiServer(
  place: Place,
  etcdPort: number,
  options: ApiServerOptions = {},
): Promise<RestartableApiServer> {
  const { flags = ['--request-timeout=2s'] } = options;
  const begin = (port: number): Promise<Stop> =>
    startApiServerOn(place, etcdPort, port, { ...options, flags });
  let { port, stop } = await onFreePort(async (port) => ({ port, stop: await begin(port) }));
  return {
    port,
    end: (signal) => stop(signal),
    async start() {
      stop = await begin(port);
    },
  };
}
