import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyFolder, portholeWith, runPorthole } from '../support/cli.ts';
import { RunningCommand, run, track } from '../support/process.ts';

/** An event as kube-apiserver writes it. */
function event(verb: string, user = 'alice'): string {
  return `${JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/default/pods/web-0',
    verb,
    user: { username: user },
    objectRef: { resource: 'pods', namespace: 'default', name: 'web-0' },
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: '2026-11-22T13:05:10.885627Z',
    stageTimestamp: '2026-11-22T13:05:10.897800Z',
  })}\n`;
}

const LEGACY =
  '2026-11-22T13:05:10.885627Z AUDIT: id="1" stage="ResponseComplete" ip="::1" method="create" user="bob" groups="" as="<self>" asgroups="<lookup>" namespace="default" uri="/apis/apps/v1/namespaces/default/deployments/web/scale?pretty" response="409"\n';

function fileWith(content: string | Buffer): string {
  const path = join(emptyFolder(), 'audit.log');
  writeFileSync(path, content);
  return path;
}

function start(...args: readonly string[]): RunningCommand {
  const command = new RunningCommand(...portholeWith(args));
  onTestFinished(() => void command.stop('SIGKILL'));
  return command;
}

describe('porthole audit', () => {
  it('shows the events of all files that hold the conditions', async () => {
    const files = [
      fileWith(event('get') + event('delete') + LEGACY),
      fileWith(gzipSync(event('delete', 'bob') + event('get'))),
    ];
    const { code, stdout, stderr } = await runPorthole('audit', '--verb=delete', ...files);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^\S+ \S+ 200 delete pods\/default\/web-0 +alice +12ms -\n\S+ \S+ 200 delete pods\/default\/web-0 +bob +12ms -\n$/,
    );
  });

  it('finds the resource of legacy lines in their URI', async () => {
    const file = fileWith(LEGACY + event('get'));
    const flags = ['--resource=deployments/scale.apps', '--code=4xx', '--user=b*'];
    const { stdout } = await runPorthole('audit', ...flags, file);
    expect(stdout).toMatch(
      /^\S+ \S+ 409 create deployments\.apps\/default\/web\/scale +bob +- -\n$/,
    );
  });

  it('makes a table of them', async () => {
    const file = fileWith(event('get').repeat(3) + event('list'));
    const { code, stdout } = await runPorthole('audit', '--top=1', '--by=verb', file);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^VERB .*\nget +3 +75\.0%.*\n\n4 requests, /);
  });

  it('reads standard input', async () => {
    const [command, args, options] = portholeWith(['audit', '-o', 'json', '-']);
    for (const input of [event('get'), ''])
      expect(await run(command, args, { ...options, input })).toMatchObject({
        code: 0,
        stdout: input,
        stderr: '',
      });
  });

  it('ends with 1 when a file could not be read, and shows the others', async () => {
    const result = await runPorthole(
      'audit',
      '-ojson',
      'none.log',
      fileWith(`${event('get')}junk`),
    );
    expect(result).toMatchObject({ code: 1, stdout: event('get') });
    expect(result.stderr).toBe(
      'error: cannot read "none.log": no such file or directory\n1 line was no audit event\n',
    );
  });

  it('ends quietly with 0 when its reader goes away', async () => {
    const file = fileWith(event('get').repeat(20_000));
    const [node, args, options] = portholeWith(['audit', file]);
    const script = '{ "$@"; echo "ended with $?" >&2; } | head -1';
    const result = await run('sh', ['-c', script, 'sh', node, ...args], options);
    expect(result.stdout.split('\n')).toHaveLength(2);
    expect(result.stderr).toBe('ended with 0\n');
  });

  it('follows its last file until it is interrupted', async () => {
    const file = fileWith(event('get'));
    const command = start('audit', '-f', '-o', 'json', file);
    await command.waitFor('stdout', /"get"/);
    appendFileSync(file, event('list') + event('watch').slice(0, -20));
    await command.waitFor('stdout', /"list"/);
    expect(await command.stop('SIGINT')).toEqual({ code: 130, signal: null });
    expect(command.stdout).toBe(
      readFileSync(file, 'utf8').split('\n').slice(0, 2).join('\n').concat('\n'),
    );
    expect(command.stderr).toBe('');
  });

  it('follows a pipe to its end only', async () => {
    const [node, args, options] = portholeWith(['audit', '-f', '-ojson', '/dev/stdin']);
    const script = 'file=$1; shift; cat "$file" | "$@"';
    const words = ['-c', script, 'sh', fileWith(gzipSync(event('get'))), node, ...args];
    expect(await run('sh', words, options)).toMatchObject({
      code: 0,
      stdout: event('get'),
      stderr: '',
    });
  });

  it('is interrupted while its reader stands still', async () => {
    const file = fileWith(event('get').repeat(20_000));
    const child = spawn(...portholeWith(['audit', '--follow', file]));
    const exited = track(child);
    onTestFinished(() => void child.kill('SIGKILL'));
    // Some of it has come; the rest has no room.
    await once(child.stdout, 'readable');
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
    child.stdout.resume();
    child.stderr.resume();
    await exited;
  });
});
