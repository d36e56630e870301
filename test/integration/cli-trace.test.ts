import { readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyFolder, portholeWith, runPorthole } from '../support/cli.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { RunningCommand, run } from '../support/process.ts';
import { startUpstream } from '../support/recording-upstream.ts';

const PODS = '/api/v1/namespaces/default/pods';
const WATCH = `${PODS}?watch=1`;

/** Answers lists, with one event of a watch, and has no pod called `missing`. */
function answer(head: string): string {
  const ok = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
  if (head.includes('watch=1'))
    return `${ok}Transfer-Encoding: chunked\r\n\r\n14\r\n{"type":"BOOKMARK"}\n\r\n`;
  if (head.includes('missing')) return 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n';
  return `${ok}Content-Length: 2\r\n\r\n{}`;
}

/** Asks for each path after the other, leaves watches at their first event, and ends with the code that comes first. */
const CLIENT = `
  const { get } = require('node:http');
  const [code, ...paths] = process.argv.slice(1);
  const server = /server: (.*)/.exec(require('node:fs').readFileSync(process.env.KUBECONFIG, 'utf8'))[1];
  const ask = (path) => new Promise((resolve) => {
    const sent = get(server + path, { agent: false }, (answer) => {
      answer.on('error', () => {}).once('close', resolve);
      answer.on('data', () => path.includes('watch=1') && sent.destroy());
    });
    sent.on('error', resolve);
  });
  (async () => {
    for (const path of paths) await ask(path);
    process.stdout.write('done');
    if (code === 'wait') setInterval(() => {}, 1000);
    else process.exit(Number(code));
  })();
`;

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

const client = (...words: string[]) => [process.execPath, '-e', CLIENT, ...words];

/** `porthole trace FLAGS -- COMMAND` in a folder of its own, in front of an upstream. */
async function trace(flags: readonly string[], command: readonly string[]) {
  const upstream = await startUpstream(answer);
  const kubeconfig = writeTestKubeconfig(upstream);
  onTestFinished(async () => {
    rmSync(dirname(kubeconfig), { recursive: true });
    await upstream.close();
  });
  const given = ['trace', `--kubeconfig=${kubeconfig}`, ...flags, '--', ...command];
  const [program, args, options] = portholeWith(given);
  return {
    file: (name: string) => join(options.cwd, name),
    toItsEnd: () => run(program, args, options),
    start() {
      const running = new RunningCommand(program, args, options);
      onTestFinished(() => void running.stop('SIGKILL'));
      return running;
    },
  };
}

/** What lines of calls say that is not a time or a size. */
const calls = (text: string) =>
  text
    .split('\n')
    .map((line) => /^ *\d+\.\d{3} +(\S+) (\S+) +(\S+) +\S+ +(?:(open)|\S+) (.*)$/.exec(line))
    .flatMap((match) => (match === null ? [] : match.slice(1).filter(Boolean).join(' ')));

describe('porthole trace', () => {
  it("shows calls and their summary on stderr, and leaves stdout and the exit code the command's", async () => {
    const paths = ['/api', `${PODS}?limit=5&token=canary`, WATCH, `${PODS}/missing`];
    const { toItsEnd } = await trace([], client('3', ...paths));
    const { code, stdout, stderr } = await toItsEnd();
    expect([code, stdout]).toEqual([3, 'done']);
    expect(calls(stderr)).toEqual([
      '200 get GET /api',
      `200 list GET ${PODS}?limit=5&token=***`,
      `200 watch GET open ${WATCH}`,
      `200 watch GET ${WATCH} (end, 1 event)`,
      `404 get GET ${PODS}/missing`,
    ]);
    expect(stderr).toMatch(/^node: .* in all, .* in the API, 4 calls\n1 failed, discovery: 1, /m);
    expect(stderr).toMatch(/\nfailed:\n {2}404 get pods\/default\/missing\n$/);
  });

  it('-o keeps what was in the file when there is nothing to show', async () => {
    const file = join(emptyFolder(), 'calls');
    writeFileSync(file, 'before');
    const { code } = await runPorthole('trace', '-o', file, '--context=typo', '--', 'true');
    expect(code).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe('before');
  });

  it('-o writes calls to a file that was emptied, and the summary to stderr', async () => {
    const { file, toItsEnd } = await trace(['-o', 'calls'], client('0', '/api'));
    writeFileSync(file('calls'), 'old '.repeat(1000), { mode: 0o600 });
    const { stderr } = await toItsEnd();
    const text = readFileSync(file('calls'), 'utf8');
    expect([calls(text), text.split('\n').length]).toEqual([['200 get GET /api'], 2]);
    expect(stderr).toMatch(/^node: .* 1 call\n/);
  });

  it('--output=json writes the log, a line for each call', async () => {
    const { toItsEnd } = await trace(['--output=json'], client('0', '/api', `${PODS}/missing`));
    const lines = (await toItsEnd()).stderr.split('\n').filter((line) => line.startsWith('{'));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { msg: 'request completed', path: '/api', status: 200 },
      { msg: 'request completed', path: `${PODS}/missing`, status: 404 },
    ]);
  });

  it('--output=audit writes audit events, for nobody else to read', async () => {
    const { file, toItsEnd } = await trace(['--output=audit', '-o', 'calls'], client('0', '/api'));
    await toItsEnd();
    const lines = readFileSync(file('calls'), 'utf8').trimEnd().split('\n');
    const event = { kind: 'Event', level: 'Metadata', requestURI: '/api' };
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { ...event, stage: 'ResponseComplete' },
    ]);
    expect(mode(file('calls'))).toBe('600');
  });

  it('--output=har writes an HTTP archive, in place of what was there', async () => {
    const { file, toItsEnd } = await trace(['--output=har', '-o', 'calls'], client('0', '/api'));
    writeFileSync(file('calls'), 'old', { mode: 0o600 });
    await toItsEnd();
    const { log } = JSON.parse(readFileSync(file('calls'), 'utf8'));
    expect(log.entries).toMatchObject([{ request: { method: 'GET' } }]);
  });

  it('--summary shows the summary alone, where the calls would be', async () => {
    const flags = ['--summary', '--output=json', '-o', 'sums'];
    const { file, toItsEnd } = await trace(flags, client('3', '/api', `${PODS}/missing`));
    expect(await toItsEnd()).toMatchObject({ code: 3, stdout: 'done', stderr: '' });
    expect(JSON.parse(readFileSync(file('sums'), 'utf8'))).toMatchObject({
      ...{ program: 'node', exitCode: 3, calls: 2, failed: 1, discovery: 1 },
      groups: expect.arrayContaining([
        expect.objectContaining({ verb: 'get', resource: 'pods', calls: 1, failed: 1 }),
      ]),
    });
  });

  it('shows calls while the command is at work, and sums up what it did when it is interrupted', async () => {
    const { start } = await trace([], client('wait', '/api'));
    const running = start();
    await running.waitFor('stderr', / \/api\n/);
    expect(running.stderr).not.toContain('in all');
    expect(await running.stop('SIGTERM')).toEqual({ code: 143, signal: null });
    expect(running.stderr).toMatch(/^node: .* 1 call\n/m);
  });

  it('asks whether a command that made no call reads KUBECONFIG', async () => {
    const { toItsEnd } = await trace([], ['true']);
    expect((await toItsEnd()).stderr).toMatch(
      /^true: \S+ in all, no call came through porthole: does true read KUBECONFIG\?\n$/,
    );
  });

  it('has nothing to sum up of what could not be run', async () => {
    const { toItsEnd } = await trace([], ['no-such-command']);
    expect(await toItsEnd()).toMatchObject({
      code: 127,
      stderr: 'error: no such command: "no-such-command"; is it on PATH?\n',
    });
  });

  it('runs nothing when the calls can not be written', async () => {
    const { file, toItsEnd } = await trace(['--output=har', '-o', 'calls'], ['echo']);
    symlinkSync('elsewhere', file('calls'));
    expect(await toItsEnd()).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^error: cannot write .*calls": it is a symbolic link.*\n$/),
    });
  });
});
