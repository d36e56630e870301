import {
  chmodSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyFolder, runPorthole, startPorthole } from '../support/cli.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { eventually } from '../support/pair.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { OK, startUpstream } from '../support/recording-upstream.ts';

const GET = request('GET /api/v1/namespaces/default/pods/web-0', {
  headers: 'Connection: close\r\n',
});

/** A porthole with these flags in front of an API server that says `ok`; `folder` is for its files. */
async function setup(flags: (folder: string) => readonly string[]) {
  const upstream = await startUpstream(() => OK);
  const kubeconfig = writeTestKubeconfig(upstream);
  onTestFinished(async () => {
    rmSync(dirname(kubeconfig), { recursive: true });
    await upstream.close();
  });
  const folder = emptyFolder();
  const start = () => startPorthole(`--kubeconfig=${kubeconfig}`, ...flags(folder));
  return { folder, kubeconfig, upstream, start };
}

async function ask(port: number, text = GET): Promise<string> {
  const client = await RawClient.connect(port);
  await client.send(text).untilEnd();
  client.close();
  return client.received;
}

function lines(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1);
}

interface Event {
  readonly stage: string;
  readonly auditID: string;
  readonly user: { readonly username: string };
}

function events(file: string): Event[] {
  return lines(file).map((line) => JSON.parse(line));
}

describe('the audit log of a running porthole', () => {
  it('is in its file for its owner alone, whole when porthole has ended, and joins the log and the API server', async () => {
    const { folder, start, upstream } = await setup((dir) => [`--audit-log-path=${dir}/audit.log`]);
    const { command, port } = await start();
    await ask(port);
    await command.stop();
    const file = join(folder, 'audit.log');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const [complete] = events(file);
    expect(events(file).map(({ stage }) => stage)).toEqual(['ResponseComplete']);
    // The API server that answers "ok" to everything knows nothing of SelfSubjectReviews.
    expect(complete?.user.username).toBe('alice');
    expect(upstream.bytes).toContain(`Audit-ID: ${complete?.auditID}\r\n`);
    expect(command.stderr).toContain(`"auditID":"${complete?.auditID}"`);
  });

  it('on stdout has it for itself', async () => {
    const { start, kubeconfig } = await setup(() => []);
    const { port: free } = await start();
    const { RunningCommand } = await import('../support/process.ts');
    const { portholeWith } = await import('../support/cli.ts');
    expect(free).toBeGreaterThan(0);
    const command = new RunningCommand(
      ...portholeWith([`--kubeconfig=${kubeconfig}`, '--audit-log-path=-', '--port=0']),
    );
    onTestFinished(() => void command.stop('SIGKILL'));
    const [, port] = await command.waitFor('stderr', /^Starting to serve on 127\.0\.0\.1:(\d+)$/m);
    await ask(Number(port));
    await command.waitFor('stdout', /ResponseComplete.*\n/);
    await command.stop();
    const found = command.stdout.split('\n').slice(0, -1);
    expect(found.map((line) => JSON.parse(line).kind)).toEqual(['Event']);
  });

  it('goes on in a new file after SIGHUP, with the log and nothing lost', async () => {
    const { folder, start } = await setup((dir) => [
      ...[`--audit-log-path=${dir}/audit.log`, `--log-file=${dir}/porthole.log`],
    ]);
    const { command, port } = await start();
    await ask(port);
    const files = ['audit.log', 'porthole.log'].map((name) => join(folder, name));
    await eventually('both are written', () => files.every((file) => lines(file).length > 0));
    for (const file of files) renameSync(file, `${file}.1`);
    command.signal('SIGHUP');
    await command.waitFor('stderr', /credentials: /);
    await ask(port);
    await command.stop();
    const [audit = '', log = ''] = files;
    expect([audit, `${audit}.1`].map((file) => events(file).length)).toEqual([1, 1]);
    expect([log, `${log}.1`].map((file) => lines(file).length)).toEqual([1, 1]);
  });

  it('decides by a policy file, and says what is odd about it', async () => {
    const { folder, start } = await setup((dir) => [
      ...[`--audit-log-path=${dir}/audit.log`, `--audit-policy-file=${dir}/policy.yaml`],
    ]);
    writeFileSync(
      join(folder, 'policy.yaml'),
      'apiVersion: audit.k8s.io/v1\nkind: Policy\ncolour: red\nomitStages: [RequestReceived]\nrules:\n- {level: None, resources: [{resources: [pods]}]}\n- level: Metadata\n',
    );
    const { command, port } = await start();
    expect(command.stderr).toMatch(/policy\.yaml.*colour/);
    await ask(port);
    await ask(port, request('GET /version', { headers: 'Connection: close\r\n' }));
    await command.stop();
    expect(events(join(folder, 'audit.log'))).toMatchObject([
      { stage: 'ResponseComplete', requestURI: '/version' },
    ]);
  });

  it.each<[string, (folder: string) => string[], RegExp]>([
    [
      'a policy without rules',
      (dir) => {
        writeFileSync(join(dir, 'p'), 'apiVersion: audit.k8s.io/v1\nkind: Policy\n');
        return [`--audit-log-path=${dir}/a`, `--audit-policy-file=${dir}/p`];
      },
      /^error: .*loaded illegal policy with 0 rules/,
    ],
    [
      'a policy that is not there',
      (dir) => [`--audit-log-path=${dir}/a`, `--audit-policy-file=${dir}/p`],
      /^error: .*\/p"/,
    ],
    [
      'a symbolic link',
      (dir) => {
        symlinkSync('/etc/passwd', join(dir, 'a'));
        return [`--audit-log-path=${dir}/a`];
      },
      /^error: .*symbolic link/,
    ],
    ['a folder', (dir) => [`--audit-log-path=${dir}`], /^error: .*directory/],
    ['no folder', (dir) => [`--audit-log-path=${dir}/x/a`], /^error: .*does not exist/],
    [
      "somebody else's archive",
      (dir) => {
        writeFileSync(join(dir, 'a'), '{"log":{}}');
        return [`--har=${dir}/a`];
      },
      /^error: .*it holds something else/,
    ],
  ])('does not begin with %s: one sentence, and exit code 1', async (_, flags, sentence) => {
    const { folder, kubeconfig } = await setup(() => []);
    const args = flags(folder);
    const { code, stdout, stderr } = await runPorthole(`--kubeconfig=${kubeconfig}`, ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('is closed to others when it was open to them', async () => {
    const { folder, start } = await setup((dir) => [`--audit-log-path=${dir}/audit.log`]);
    writeFileSync(join(folder, 'audit.log'), '', { mode: 0o644 });
    chmodSync(join(folder, 'audit.log'), 0o644);
    const { command } = await start();
    expect(statSync(join(folder, 'audit.log')).mode & 0o777).toBe(0o600);
    await command.stop();
  });
});

describe('SIGUSR2', () => {
  it('tells how things are, and the last errors', async () => {
    const { start } = await setup(() => ['--log-format=pretty']);
    const { command, port } = await start();
    await ask(port);
    await ask(port, request('GET /x', { host: 'evil.example', headers: 'Connection: close\r\n' }));
    command.signal('SIGUSR2');
    await command.waitFor('stderr', /403.*refused.*evil\.example/);
    expect(command.stderr).toMatch(/status: up .*memory/);
    expect(command.stderr).toMatch(/requests: 2 \(ok 1, refused 1\)/);
    expect(command.stderr).toMatch(/credentials: client certificate/);
    expect((await command.stop()).code).toBe(0);
  });
});

describe('a second signal', () => {
  it('loses no event of what it cuts', async () => {
    const unknown = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n';
    const upstream = await startUpstream((head) => (head.startsWith('POST') ? unknown : undefined));
    const kubeconfig = writeTestKubeconfig(upstream);
    onTestFinished(async () => {
      rmSync(dirname(kubeconfig), { recursive: true });
      await upstream.close();
    });
    const file = join(emptyFolder(), 'audit.log');
    const policy = join(emptyFolder(), 'policy.yaml');
    writeFileSync(
      policy,
      'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n',
    );
    const { command, port } = await startPorthole(
      ...[`--kubeconfig=${kubeconfig}`, '--shutdown-grace=1h'],
      ...[`--audit-log-path=${file}`, `--audit-policy-file=${policy}`],
    );
    const client = await RawClient.connect(port);
    client.send(request('GET /api/v1/pods'));
    await eventually('it is under way', () => upstream.bytes.includes('GET /api/v1/pods'));
    // Two of the same could arrive as one.
    command.signal('SIGTERM');
    command.signal('SIGINT');
    expect((await command.exited).code).toBeGreaterThan(128);
    const last = JSON.parse(lines(file).at(-1) ?? '{}');
    expect(last).toMatchObject({ stage: 'ResponseComplete' });
    expect(last.annotations['porthole/outcome']).toBe('stopped');
    client.close();
  });
});

it('a log in the combined format names who we are to the API server', async () => {
  const { start } = await setup(() => ['--log-format=combined']);
  const { command, port } = await start();
  await ask(port);
  await command.stop();
  expect(command.stderr).toMatch(/^127\.0\.0\.1 - alice \[.*"GET \/api\/v1\/.*" 200 2 "-" "-"$/m);
});
