import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useChromium } from '../support/browser/chromium.ts';
import { NetworkPanel } from '../support/browser/devtools.ts';
import { emptyFolder, startPorthole } from '../support/cli.ts';
import { readHar } from '../support/har.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { type Script, startUpstream } from '../support/recording-upstream.ts';

const newContext = useChromium();
const openPanel = async () => NetworkPanel.open(await newContext());

const MAPS = '/api/v1/namespaces/a/configmaps';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const PROTOBUF = 'Content-Type: application/vnd.kubernetes.protobuf\r\n';
const MAP = '{"kind":"ConfigMap","apiVersion":"v1"}\n';
const WATCHED = '12\r\n{"type":"ADDED"}\r\n\r\n0\r\n\r\n';

function answer(body: string | Buffer, fields = JSON_TYPE, status = '200 OK'): string {
  const text = body.toString('latin1');
  return `HTTP/1.1 ${status}\r\n${fields}Content-Length: ${text.length}\r\n\r\n${text}`;
}

/** The upstream: resets `cut`, says nothing to `slow`, and upgrades what wants to be. */
const script: Script = (head, connection) => {
  const upgrade = /\r\nUpgrade: (.*)\r\n/i.exec(head)?.[1];
  if (upgrade !== undefined)
    return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\nHI`;
  if (head.includes('/cut')) connection.reset();
  if (/\/(?:cut|slow) /.test(head)) return undefined;
  if (head.includes('watch=true'))
    return `HTTP/1.1 200 OK\r\n${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n${WATCHED}`;
  if (head.includes('/zipped'))
    return answer(gzipSync(MAP), `${JSON_TYPE}Content-Encoding: gzip\r\n`);
  if (head.includes('/binary')) return answer(Buffer.from([0x6b, 0, 0xfe]), PROTOBUF);
  if (head.startsWith('POST')) return answer(MAP, JSON_TYPE, '201 Created');
  return answer(MAP);
};

/** For portholes that write, one after the other, into one archive. */
async function setup(...flags: readonly string[]) {
  const upstream = await startUpstream(script);
  const kubeconfig = writeTestKubeconfig(upstream);
  onTestFinished(async () => {
    rmSync(dirname(kubeconfig), { recursive: true });
    await upstream.close();
  });
  const file = join(emptyFolder(), 'a.har');
  const start = () =>
    startPorthole(`--kubeconfig=${kubeconfig}`, '--reject-paths=', `--har=${file}`, ...flags);
  return { start, file, upstream, entries: () => readHar(readFileSync(file, 'utf8')).log.entries };
}

type Running = Awaited<ReturnType<typeof startPorthole>>;

async function ask({ port }: Running, line: string, fields = '', body = '', host?: string) {
  const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
  const headers = `${fields}${length}Connection: close\r\n`;
  const client = await RawClient.connect(port);
  await client.send(request(line, { headers, body, ...(host && { host }) })).untilEnd();
  client.close();
}

async function upgrade({ port }: Running, line: string, protocol: string) {
  const client = await RawClient.connect(port);
  client.send(request(line, { headers: `Connection: Upgrade\r\nUpgrade: ${protocol}\r\n` }));
  await client.untilText('HI');
  client.socket.end();
  await client.untilEnd();
  client.close();
}

async function leave({ port, command }: Running, line: string, arrived: () => boolean) {
  const client = await RawClient.connect(port);
  client.send(request(line));
  await expect.poll(arrived).toBe(true);
  client.reset();
  await command.waitFor('stderr', /client-gone/);
}

/** One exchange of each kind, one after the other. */
async function askAll(running: Running, bytes: () => string) {
  await ask(running, `GET ${MAPS}?limit=5&x=a%20b`);
  await ask(running, 'GET /api', '', '', 'evil.example');
  await ask(running, `GET ${MAPS}/cut`);
  await leave(running, `GET ${MAPS}/slow`, () => bytes().includes('/slow'));
  await ask(running, `GET ${MAPS}?watch=true`);
  await ask(running, `GET ${MAPS}/zipped`);
  await ask(running, `GET ${MAPS}/binary`);
  await ask(running, `POST ${MAPS}`, JSON_TYPE, MAP);
  await ask(running, `POST ${MAPS}?dryRun=All`, PROTOBUF, 'k8s\0');
  await upgrade(running, 'POST /api/v1/namespaces/a/pods/b/exec?command=ls', 'SPDY/3.1');
  await upgrade(running, 'GET /api/v1/namespaces/a/pods/b/exec?command=id', 'websocket');
}

/** What DevTools are to show of them: name, status and type. */
const ROWS = [
  ['configmaps?limit=5&x=a%20b', '200', 'fetch'],
  ['api', '403', 'fetch'],
  ['cut', '502', 'fetch'],
  ['slow', 'Finished', 'fetch'],
  ['configmaps?watch=true', '200', 'fetch'],
  ['zipped', '200', 'fetch'],
  ['binary', '200', 'fetch'],
  ['configmaps', '201', 'fetch'],
  ['configmaps?dryRun=All', '201', 'fetch'],
  ['exec?command=ls', '101', 'fetch'],
  ['exec?command=id', '101', 'websocket'],
];

describe('the network panel of Chromium', () => {
  it('loads an archive with every kind of exchange, and shows what was asked and answered', async () => {
    const { start, entries, file, upstream } = await setup(
      ...['--har-bodies', '--dangerously-record-secrets'],
    );
    const running = await start();
    await askAll(running, () => upstream.bytes);
    await running.command.stop();

    const panel = await openPanel();
    const rows = await panel.import(file);
    // Two of the same millisecond may have changed places.
    expect(rows.map(({ name, status, type }) => [name, status, type]).toSorted()).toEqual(
      ROWS.toSorted(),
    );
    const indexOf = (name: string) => rows.findIndex((row) => row.name === name);
    for (const { request: asked, time } of entries()) {
      const shown = rows[indexOf(asked.url.replace(/.*\//, ''))]?.timeMs ?? Number.NaN;
      expect(Math.abs(shown - time)).toBeLessThanOrEqual(1 + time / 100);
    }

    const see = (name: string, tab: string, ...texts: readonly string[]) =>
      panel.see(indexOf(name), tab, ...texts);
    await see('configmaps?limit=5&x=a%20b', 'Headers', `127.0.0.1:${upstream.port}`, '200 OK');
    await see('configmaps?limit=5&x=a%20b', 'Payload', 'a b');
    await see('api', 'Preview', '"Forbidden"');
    await see('zipped', 'Response', '"ConfigMap"');
    await see('binary', 'Response', '6B', 'FE');
    await see('configmaps', 'Payload', '"ConfigMap"');
    await see('configmaps?dryRun=All', 'Payload', Buffer.from('k8s\0').toString('base64'));
    await see('slow', 'Timing', 'Waiting for server response');
    await see('exec?command=id', 'Messages');
    expect(panel.exceptions).toEqual([]);
  });

  it('loads an archive without bodies that a second porthole goes on with, and counts its bytes', async () => {
    const { start, entries, file } = await setup();
    const first = await start();
    await ask(first, `GET ${MAPS}/one`);
    await first.command.stop();
    await ask(await start(), `GET ${MAPS}/two`);
    await expect.poll(() => entries().length).toBe(2);

    const panel = await openPanel();
    const names = (await panel.import(file)).map(({ name }) => name);
    expect(names).toEqual(['one', 'two']);
    await panel.seeTotal('2 requests');
    await panel.seeTotal(`${2 * MAP.length} B transferred`);
    await panel.seeTotal(`${2 * MAP.length} B resources`);
    expect(panel.exceptions).toEqual([]);
  });

  it('would not load one that broke off', async () => {
    const file = join(emptyFolder(), 'a.har');
    writeFileSync(file, '{"log":{"version":"1.2","entries":[\n');
    await expect((await openPanel()).import(file)).rejects.toThrow('Failed to load HAR file');
  });
});
