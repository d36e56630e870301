import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Canaries } from '../support/canaries.ts';
import { portholeWith } from '../support/cli.ts';
import { execCredential, prints, V1, writePlugin } from '../support/plugin.ts';
import { RunningCommand } from '../support/process.ts';
import { recordEverything } from '../support/recording-everything.ts';
import type { Script } from '../support/recording-upstream.ts';

const HOST = 'Host: localhost\r\n';
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
const CLOSE = 'Connection: close\r\n';

/** Lines of a request that hold a secret each, under names as they may come. */
const FIELDS: readonly ((secret: string) => string)[] = [
  (secret) => `Authorization: Bearer ${secret}`,
  (secret) => `AUTHORIZATION: Basic ${Buffer.from(`u:${secret}`).toString('base64')}`,
  (secret) => `authorization: Digest username="u", response="${secret}"`,
  (secret) => `Proxy-Authorization: Bearer ${secret}`,
  (secret) => `Cookie: session=${secret}`,
  (secret) => `COOKIE: a=b; id=${secret}`,
  (secret) => `X-Auth-Token: ${secret}`,
  (secret) => `x-vault-token: ${secret}`,
  (secret) => `X-API-KEY: ${secret}`,
  (secret) => `X-Amz-Security-Token: ${secret}`,
  (secret) => `Impersonate-User: a\r\nImpersonate-Extra-Secret: ${secret}`,
  (secret) =>
    `Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.${Buffer.from(secret).toString('base64url')}, base64.binary.k8s.io`,
];
const QUERIES = ['access_token', 'token', 'ACCESS_TOKEN', 'api_key', 'id_token', 'to%6ben'];

/** What the API server answers with beside what it was asked for. */
const answering =
  (canaries: Canaries): Script =>
  (head) => {
    const fields = [
      `Set-Cookie: session=${canaries.plant('Set-Cookie')}; HttpOnly`,
      `X-Auth-Token: ${canaries.plant('X-Auth-Token of an answer')}`,
      `Authorization: Bearer ${canaries.plant('Authorization of an answer')}`,
      `WWW-Authenticate: Negotiate ${canaries.plant('WWW-Authenticate')}`,
    ].join('\r\n');
    if (/\r\nupgrade: /i.test(head))
      return `HTTP/1.1 101 Switching Protocols\r\n${UPGRADE}${fields}\r\n\r\n`;
    const body = JSON.stringify({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      message: `the token ${jwt(canaries.plant('a message'))} is not known`,
    });
    return `HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\n${fields}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  };

function jwt(secret: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ sub: secret })}.${secret}`;
}

/** A user whom a plugin knows, with a secret wherever one can be. */
function pluginUser(canaries: Canaries) {
  const { command } = writePlugin(
    `echo "it has $PLUGIN_SECRET and $2" >&2\n${prints(execCredential({ token: canaries.plant('token') }))}`,
  );
  const env = [{ name: 'PLUGIN_SECRET', value: canaries.plant('variable of a plugin') }];
  const args = ['--secret', canaries.plant('argument of a plugin')];
  return { exec: { apiVersion: V1, command, args, env, interactiveMode: 'Never' } };
}

describe('L01, L04, C23', () => {
  it('no secret is in any record, on a command line, in the environment, in the report of a crash', async () => {
    const canaries = new Canaries();
    const proxy = await recordEverything(answering(canaries), {
      flags: ['--log-file=log'],
      env: { NODE_OPTIONS: '--report-on-signal --report-signal=SIGWINCH' },
      kubeconfig: () => ({ user: pluginUser(canaries) }),
      requestCert: false,
    });
    const sent: string[] = [];
    const plant = (place: string): string => {
      const secret = canaries.plant(place);
      sent.push(secret);
      return secret;
    };
    for (const [name, more] of Object.entries({ GET: CLOSE, upgrade: UPGRADE })) {
      for (const field of FIELDS) {
        const line = field(plant(`${name}: ${field('')}`));
        await ask(`GET /api/v1/pods HTTP/1.1\r\n${HOST}${more}${line}\r\n\r\n`);
      }
      for (const key of QUERIES) {
        const target = `/api/v1/pods?a=b&${key}=${plant(`${name}: ?${key}`)}`;
        await ask(`GET ${target} HTTP/1.1\r\n${HOST}${more}\r\n`);
      }
    }
    const url = `http://u:${canaries.plant('user information')}@localhost/api`;
    await ask(`GET ${url} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`);
    await ask(`GET /api HTTP/1.1\r\n${HOST}Bad Line: ${canaries.plant('broken head')}\r\n\r\n`);

    proxy.command.signal('SIGWINCH');
    await proxy.command.waitFor('stderr', /Node\.js report completed/);
    const pid = processIn(proxy.folder);
    const process = {
      cmdline: readFileSync(`/proc/${pid}/cmdline`, 'latin1'),
      environ: readFileSync(`/proc/${pid}/environ`, 'latin1'),
    };
    expect(process.environ).toContain('NODE_OPTIONS');
    const outputs = await proxy.outputs();
    expect(Object.keys(outputs).filter((name) => /^report.*json$/.test(name))).toHaveLength(1);
    expect(outputs['audit.log']?.split('\n').length).toBeGreaterThan(sent.length);
    expect(canaries.find({ ...outputs, ...process })).toEqual([]);
    // They went where they belong, but for what no API server is to see.
    expect(proxy.upstream.bytes).toContain('Authorization: Bearer ');
    expect(sent.filter((secret) => proxy.upstream.bytes.includes(secret)).length).toBeGreaterThan(
      sent.length / 2,
    );

    async function ask(text: string): Promise<void> {
      const client = await proxy.connect();
      client.send(text);
      await (text.includes(UPGRADE) ? client.untilText('\r\n\r\n') : client.untilEnd());
      client.close();
    }
  });
});

describe('C23', () => {
  it('a token that was given as a flag leaves the command line as soon as it was read', async () => {
    const canaries = new Canaries();
    const flags = [
      `--token=${canaries.plant('--token')}`,
      '--server=https://127.0.0.1:1',
      '--port=0',
    ];
    const [program, args, options] = portholeWith(flags);
    const command = new RunningCommand(program, args, options);
    onTestFinished(() => void command.stop('SIGKILL'));
    await command.waitFor('stdout', /^Starting to serve on /);
    const cmdline = readFileSync(`/proc/${processIn(options.cwd)}/cmdline`, 'latin1');
    expect(cmdline).toMatch(/^porthole --token=\*\*\* --server=/);
    expect(canaries.find({ cmdline, stderr: command.stderr })).toEqual([]);
  });
});

/** The process that works in a folder. */
function processIn(folder: string): string {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (realpathSync(`/proc/${name}/cwd`) === realpathSync(folder)) return name;
    } catch {
      // Of somebody else, or gone.
    }
  }
  throw new Error(`no process works in ${folder}`);
}
