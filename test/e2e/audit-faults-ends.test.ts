import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { contentOf, startAudited } from '../support/audited-porthole.ts';
import { emptyFolder } from '../support/cli.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';

const JSON_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
const WATCH = '/api/v1/pods?watch=1';
const EXEC = '/api/v1/namespaces/a/pods/b/exec?command=ls';

/** What the API server does when it has the head of a request, by what its path has in it. */
const WAYS: readonly [path: string, answer: (socket: Socket) => void][] = [
  ['/api/v1/whole', (socket) => socket.write(`${JSON_HEAD}Content-Length: 2\r\n\r\n{}`)],
  ['/api/v1/never', () => {}],
  ['/api/v1/part', (socket) => socket.write(`${JSON_HEAD}Content-Length: 9\r\n\r\n{}`)],
  ['/api/v1/reset', (socket) => socket.resetAndDestroy()],
  ['/api/v1/broken', (socket) => socket.end(`${JSON_HEAD}Content-Length: 9\r\n\r\n{}`)],
  ['/api/v1/nonsense', (socket) => socket.end('nonsense\r\n\r\n')],
  [WATCH, (socket) => socket.write(`${JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n`)],
  [
    EXEC,
    (socket) =>
      socket.write('HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\nhi'),
  ],
  ['/outside/../of', () => {}],
  ['/api/v1/namespaces/a/pods/b/attach', () => {}],
];

/** How far a client gets before it goes away. */
const MOMENTS = [
  'in the head',
  'in the body',
  'at once',
  'at the answer',
  'later',
  'never',
] as const;

async function startUpstream() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.on('data', (bytes) => {
      const path = / (\S+) HTTP/.exec(bytes.toString('latin1'))?.[1];
      if (path?.endsWith('/selfsubjectreviews'))
        socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      WAYS.find(([way]) => way === path)?.[1](socket);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const nobody = { port, ca: '', client: { cert: '', key: '' } };
  const kubeconfig = writeTestKubeconfig(nobody, {
    user: { 'client-certificate-data': undefined, 'client-key-data': undefined },
    cluster: { server: `http://127.0.0.1:${port}`, 'certificate-authority-data': undefined },
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(dirname(kubeconfig), { recursive: true });
  });
  return { kubeconfig, sockets };
}

/** Sends a request and leaves at that moment; `never` stays. */
async function visit(port: number, id: string, path: string, moment: string): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect').catch(() => {});
  const [method, rest] =
    path === WATCH
      ? ['GET', '\r\n']
      : path === EXEC
        ? ['POST', 'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n']
        : ['POST', 'Content-Length: 10\r\n\r\n{"kind":1}'];
  const text = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAudit-ID: ${id}\r\n${rest}`;
  const length = { 'in the head': 60, 'in the body': text.length - 5 }[moment] ?? text.length;
  socket.write(text.slice(0, length));
  if (moment === 'never') return;
  if (moment === 'at the answer')
    await Promise.race([once(socket, 'data'), sleep(50)]).catch(() => {});
  if (moment === 'later' || moment === 'in the body') await sleep(20);
  if (id.length % 2 === 0) socket.resetAndDestroy();
  else socket.destroy();
}

/** Every way with every moment, all at once. Resolves to the names of all requests. */
function storm(port: number, round: number): Promise<string[]> {
  const visits = WAYS.flatMap(([path], way) =>
    MOMENTS.flatMap((moment, at) => {
      const id = `${'x'.repeat((way + at) % 2)}${round}-${way}-${at}`;
      const one = () => visit(port, id, path, moment).then(() => id);
      // Some have a name that another one has, too.
      return moment === 'later' ? [one(), one()] : [one()];
    }),
  );
  return Promise.all(visits);
}

/** One after the other, in peace: a few that end in each of the ways in which one can end. */
async function calm(port: number): Promise<void> {
  for (const path of ['whole', 'part', 'reset', 'broken', 'a/../b', 'pods?watch=1']) {
    const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {});
    onTestFinished(() => void socket.destroy());
    socket.write(`GET /api/v1/${path} HTTP/1.1\r\nHost: localhost\r\nAudit-ID: ${path}\r\n\r\n`);
    await once(socket, 'data');
    if (path === 'broken') await once(socket, 'close');
    if (path === 'part') socket.destroy();
  }
}

/** How often each is there. */
function counted(ids: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts].sort();
}

const OUTCOMES = ['client-gone', 'ok', 'refused', 'stopped', 'upstream-aborted', 'upstream-failed'];

it.each(['batch', 'blocking-strict'])('has one end of each exchange: %s', async (mode) => {
  const { kubeconfig, sockets } = await startUpstream();
  const folder = emptyFolder();
  const { command, port } = await startAudited({ kubeconfig, auditIDs: [] }, [
    ...[`--audit-log-path=${join(folder, 'audit')}`, `--log-file=${join(folder, 'access')}`],
    ...[`--audit-mode=${mode}`, '--rotation-grace=10ms', '--reject-paths=/attach$'],
  ]);
  await calm(port);
  const sent = await storm(port, 1);
  for (const socket of sockets) socket.resetAndDestroy();
  sent.push(...(await storm(port, 2)));
  const config = JSON.parse(readFileSync(kubeconfig, 'utf8'));
  config.users[0].user = { token: 'another' };
  writeFileSync(kubeconfig, JSON.stringify(config));
  command.signal('SIGHUP');
  sent.push(...(await storm(port, 3)));
  const last = storm(port, 4);
  command.signal('SIGTERM');
  sent.push(...(await last));
  await command.stop('SIGTERM');

  const { events, broken } = contentOf(readFileSync(join(folder, 'audit'), 'utf8'));
  const lines = readFileSync(join(folder, 'access'), 'utf8').trimEnd().split('\n');
  const ended = lines
    .map((line) => JSON.parse(line))
    .filter(({ outcome, auditID }) => outcome !== undefined && auditID);
  const stage = (which: string) =>
    counted(events.filter((event) => event.stage === which).map(({ auditID }) => auditID));
  expect(broken).toEqual([]);
  expect([...new Set(ended.map(({ outcome }) => outcome))].sort()).toEqual(OUTCOMES);
  expect(stage('ResponseComplete')).toEqual(counted(ended.map(({ auditID }) => auditID)));
  expect(stage('RequestReceived')).toEqual(stage('ResponseComplete'));
  const most = new Map(counted(sent));
  const tooOften = stage('ResponseComplete').filter(([id, n]) => n > (most.get(id) ?? 1));
  expect(tooOften).toEqual([]);
});
