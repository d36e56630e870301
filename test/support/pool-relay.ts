import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { ClientCertificate } from '../../src/credentials/credentials.ts';
import { asPortholeError, type PortholeError } from '../../src/errors.ts';
import { createForward } from '../../src/forward/forward.ts';
import { createRewrite } from '../../src/forward/rewrite.ts';
import { ExchangeRecord } from '../../src/record/exchange-record.ts';
import type { Exchange } from '../../src/server/exchange.ts';
import { listen } from '../../src/server/listen.ts';
import { refuse } from '../../src/server/refuse.ts';
import { Pool } from '../../src/upstream/pool.ts';
import type { Route } from '../../src/upstream/route.ts';
import { portOf } from './in-front.ts';
import { RawClient } from './raw-client.ts';
import { OK, type RecordingUpstream, type Script, startUpstream } from './recording-upstream.ts';
import { speaking, type Way } from './scripted-streams.ts';
import { switchTo } from './tunnel.ts';

/** Answers at once but where it says `/silent`; watches get a head and one event; upgrades get theirs. */
export const SCRIPT: Script = (head) => {
  if (head.includes('/silent')) return undefined;
  if (head.includes('Upgrade: ')) return switchTo('SPDY/3.1');
  return head.includes('watch=')
    ? 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nevent\r\n'
    : OK;
};

/** Passes bytes on to a port, until it is told to be silent: then it accepts and passes nothing on. */
export async function startWire(port: number) {
  const sockets = new Set<Socket>();
  let silent = false;
  const join = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('data', (bytes) => silent || to.write(bytes));
    from.on('end', () => silent || to.end());
    from.on('error', () => {});
    from.on('close', () => {
      sockets.delete(from);
      if (!silent) to.destroy();
    });
  };
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    join(near, far);
    join(far, near);
  });
  const own = await portOf(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return {
    port: own,
    /** A cable that is pulled, as far as anybody can tell. */
    silence(on = true): void {
      silent = on;
    },
    /** Ends all connections with a TCP reset, which has come to the other side when this returns. */
    reset(): void {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    /** Nobody listens there any more; connections stay. */
    refuse(): void {
      server.close();
    },
    async listenAgain(): Promise<void> {
      await once(server.listen(own, '127.0.0.1'), 'listening');
    },
  };
}

/** What forwards exchanges over a pool of the test's own, without the parts of a proxy that would choose the pool. */
export async function startPoolRelay(
  limits: ConstructorParameters<typeof Pool>[1] = {},
  options: ConstructorParameters<typeof Pool>[2] = {},
  script: Script = SCRIPT,
  way: Way = 'HTTP/1.1',
) {
  const upstream = await startUpstream(script, speaking(way));
  onTestFinished(() => upstream.close());
  return { upstream, ...(await startPoolRelayTo(upstream, limits, options)) };
}

/** The same in front of an upstream of the test's own. */
export async function startPoolRelayTo(
  upstream: Pick<RecordingUpstream, 'port' | 'ca' | 'client'>,
  limits: ConstructorParameters<typeof Pool>[1] = {},
  options: ConstructorParameters<typeof Pool>[2] = {},
) {
  const wire = await startWire(upstream.port);
  const route = routeTo(wire.port, upstream.ca);
  const pool = new Pool(route, limits, options);
  const forward = createForward({
    pool,
    rewrite: createRewrite({
      server: route.server,
      impersonate: undefined,
      userAgent: 'test',
      appendServerPath: false,
    }),
    held: { left: 2 ** 20 },
    requestTimeoutMs: 0,
  });
  const state = { certificate: upstream.client as ClientCertificate };
  const errors: PortholeError[] = [];
  const take = async (exchange: Exchange): Promise<void> => {
    exchange.longRunning = exchange.request.target.includes('watch=');
    const credential = { authorization: undefined, clientCertificate: state.certificate };
    try {
      await forward(exchange, exchange.request, { credential, renewable: false }, record());
    } catch (thrown) {
      const error = asPortholeError(thrown);
      errors.push(error);
      if (exchange.responded) exchange.abort();
      else refuse(exchange, error);
    }
  };
  const listener = await listen({
    address: '127.0.0.1',
    port: 0,
    keepAliveMs: 30_000,
    onExchange: (exchange) => void take(exchange),
    onMalformed: () => {},
  });
  const clients: RawClient[] = [];
  onTestFinished(() => {
    for (const client of clients) client.close();
    listener.destroy();
    pool.close();
  });
  return {
    pool,
    wire,
    errors,
    /** A renewed pair for the same user, which exchanges use from now on. */
    renew(): ClientCertificate {
      state.certificate = { ...state.certificate };
      return state.certificate;
    },
    async connect(): Promise<RawClient> {
      const client = await RawClient.connect(listener.port);
      clients.push(client);
      return client;
    },
  };
}

function routeTo(port: number, ca: string): Route {
  const authority = `127.0.0.1:${port}`;
  return {
    server: { scheme: 'https', hostname: '127.0.0.1', port, authority, pathPrefix: '' },
    tls: {
      certificateAuthority: ca,
      systemRoots: undefined,
      insecureSkipTlsVerify: false,
      serverName: undefined,
    },
    keepAliveMs: 30_000,
  };
}

function record(): ExchangeRecord {
  return new ExchangeRecord(
    {
      auditID: 'audit',
      time: 0,
      startedAt: 0,
      method: 'GET',
      path: '/',
      query: '',
      version: '1.1',
      clientAddress: '127.0.0.1',
      userAgent: undefined,
      referer: undefined,
      kubectlCommand: undefined,
      kubectlSession: undefined,
    },
    () => {},
  );
}
