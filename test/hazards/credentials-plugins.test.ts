import { describe, expect, it } from 'vitest';
import {
  crashing,
  execCredential,
  good,
  type Plugin,
  prints,
  V1,
  V1BETA1,
  writePlugin,
} from '../support/plugin.ts';
import { request } from '../support/raw-client.ts';
import { OK, type Script } from '../support/recording-upstream.ts';
import { pluginsWith } from '../support/start-proxy.ts';
import { type DoorOptions, openDoor } from './door.ts';
import { CLOSE, UPGRADE } from './impostor.ts';

const GET = request('GET /api', { headers: CLOSE });
const HOUR = 3600;

/** A door whose user is known by what a plugin gives, and what it tells its operator. */
async function openWith(
  command: string,
  exec: object = {},
  options: DoorOptions = {},
  script?: Script,
) {
  const said: string[] = [];
  const door = await openDoor(script, {
    requestCert: false,
    proxy: { plugins: { ...pluginsWith(process.env), say: (line) => said.push(line) } },
    kubeconfig: () => ({
      user: {
        'client-certificate-data': undefined,
        'client-key-data': undefined,
        exec: { apiVersion: V1, command, interactiveMode: 'Never', ...exec },
      },
    }),
    ...options,
  });
  return { ...door, said };
}

describe('C16', () => {
  const SECRET = 'sup3rs3cret';
  const written = (script: string) => (): string => writePlugin(script).command;

  it.each<[string, () => string, RegExp]>([
    ['missing', () => '/nowhere/plugin', /executable \/nowhere\/plugin not found/],
    ['exit code 1', written(crashing(1, `token=${SECRET}`)), /failed with exit code 1/],
    ['killed', written('kill -KILL $$'), /was killed by signal SIGKILL/],
    ['prints nothing', written('true'), /printed nothing on its standard output/],
    ['garbage', written(prints(`hello ${SECRET}`)), /is not an ExecCredential/],
    ['binary', written(`head -c 1000 /dev/zero`), /decoding stdout/],
    ['another version', written(good(SECRET, V1BETA1)), /plugin returned version/],
    [
      'another kind',
      written(prints(`{"kind":"Pod","apiVersion":"${V1}","status":{"token":"${SECRET}"}}`)),
      /no kind \\"Pod\\" is registered/,
    ],
    ['no status', written(prints(execCredential(undefined))), /didn't return a status field/],
    ['an empty status', written(prints(execCredential({}))), /didn't return a token or cert\/key/],
    [
      'a certificate without its key',
      written(prints(execCredential({ clientCertificateData: SECRET }))),
      /only certificate or key, not both/,
    ],
    [
      'a broken pair',
      written(prints(execCredential({ clientCertificateData: SECRET, clientKeyData: SECRET }))),
      /failed parsing client key\/certificate/,
    ],
    [
      'a date that is none',
      written(prints(execCredential({ token: SECRET, expirationTimestamp: 'tomorrow' }))),
      /expirationTimestamp is not a date/,
    ],
    [
      'YAML that takes long to read',
      written("head -c 1000000 /dev/zero | tr '\\0' ']'"),
      /more than 10000 YAML tokens/,
    ],
    ['more than 1 MiB', written('exec yes'), /wrote more than 1 MiB to its stdout/],
  ])('%s', async (_, command, reason) => {
    const { ask, canaries, upstream, proxy } = await openWith(
      command(),
      {},
      { last: { status: 503 } },
    );
    canaries.plantText('plugin', SECRET);
    for (const text of [GET, request('GET /api/v1/x', { headers: UPGRADE })]) {
      const answer = await ask(text);
      expect(answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
      expect(answer).toMatch(reason);
      expect(answer).not.toContain(SECRET);
    }
    expect(proxy.records[0]).toMatchObject({ errorCode: 'ERR_CREDENTIALS', status: 503 });
    expect(upstream.bytes).toBe('');
  });
});

describe('C19', () => {
  const HOSTILE = '\x1b]8;;http://e.example\x07link\x1b]8;;\x07 \x1b[2J\rfake \u009b31m\u2028 end';
  const CONTROLS = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]/;

  it.each<[string, number, () => [string, object]]>([
    ['stderr of a plugin that fails', 503, () => [writePlugin(crashing(1, HOSTILE)).command, {}]],
    [
      'stderr of a plugin that succeeds',
      200,
      () => [
        writePlugin(`cat >&2 <<'END-OF-WORDS'\n${HOSTILE}\nEND-OF-WORDS\n${good('t')}`).command,
        {},
      ],
    ],
    ['installHint', 503, () => ['nowhere-to-be-found', { installHint: HOSTILE }]],
    ['its name', 503, () => [`/nowhere/${HOSTILE}`, {}]],
  ])('%s', async (_, answers, make) => {
    const [command, exec] = make();
    const { ask, proxy, said } = await openWith(command, exec, {
      last: { status: answers },
    });
    const answer = await ask(GET);
    const { error = '' } = proxy.records[0] ?? {};
    const shown = [...said, ...proxy.warnings, ...proxy.notes, error].join('\n');
    expect(shown).toContain('fake');
    expect(shown).not.toMatch(CONTROLS);
    expect(shown).not.toContain('\r');
    expect(answer).not.toMatch(CONTROLS);
  });
});

describe('C24', () => {
  /** Prints tokens that are new each time, and expire so many seconds from now by this machine's clock. */
  const dated = (seconds: number): Plugin =>
    writePlugin(
      `n=$(($(wc -l <"$0.runs")))
printf '{"kind":"ExecCredential","apiVersion":"${V1}","status":{"token":"token-%s","expirationTimestamp":"%s"}}' \\
  "$n" "$(date -u -d '${seconds} seconds' +%Y-%m-%dT%H:%M:%SZ)"`,
    );

  it.each([
    ['5 s ahead', 5],
    ['an hour ago: our clock is ahead', -HOUR],
    ['in an hour: our clock may be behind', HOUR],
  ])(
    'a token that expires %s serves, and no plugin is run for each request',
    async (_, seconds) => {
      const plugin = dated(seconds);
      const { ask, upstream } = await openWith(plugin.command);
      const began = performance.now();
      for (let i = 0; i < 30; i++) expect(await ask(GET)).toMatch(/^HTTP\/1\.1 200 /);
      // Once a second at most, and once to begin with.
      const allowed = 2 + Math.floor((performance.now() - began) / 1000);
      expect(plugin.runs()).toBeLessThanOrEqual(seconds === HOUR ? 1 : allowed);
      expect(upstream.bytes).toContain('Authorization: Bearer token-1\r\n');
    },
  );

  it.each([-HOUR, 5, HOUR])(
    'dated %i s ahead, the 401 of the API server is what counts',
    async (seconds) => {
      const plugin = dated(seconds);
      const { ask, upstream, proxy } = await openWith(plugin.command, {}, {}, (head) =>
        head.includes('Bearer token-1\r\n')
          ? 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'
          : OK,
      );
      expect(await ask(GET)).toMatch(/^HTTP\/1\.1 200 /);
      expect(upstream.bytes.match(/Bearer token-\d+/g)?.slice(0, 2)).toEqual([
        'Bearer token-1',
        'Bearer token-2',
      ]);
      expect(proxy.records[0]).toMatchObject({ replayed: true });
    },
  );
});
