import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { emptyFolder, runPorthole, spawnPorthole } from '../support/cli.ts';
import type { RunningCommand } from '../support/process.ts';
import { POD_FILE } from '../support/tour.ts';

describe('porthole demo', () => {
  const directory = emptyFolder();
  const place = { host: '' };
  let demo: RunningCommand;
  beforeAll(async () => {
    const { command, port } = await spawnPorthole('demo', `--dir=${directory}`);
    place.host = `http://127.0.0.1:${port}`;
    demo = command;
    return async () => {
      expect(await command.stop('SIGINT')).toEqual({ code: 0, signal: null });
      expect(command.stdout).toBe(`Starting to serve on 127.0.0.1:${port}\n`);
    };
  });

  // The README's tour, with curl and kubectl, is run where these are: test/e2e.
  it.each([
    ['/version', /"gitVersion":"v/],
    ['/livez?verbose', /^livez check passed$/m],
    ['/api/v1/namespaces/default/pods', /"kind":"PodList"/],
    ['/apis/apps/v1/namespaces/project1/deployments', /"kind":"DeploymentList"/],
  ])('answers %s', async (path, expected) => {
    const answer = await fetch(place.host + path);
    expect(await answer.text()).toMatch(expected);
  });

  it('creates and deletes the pod of the tour', async () => {
    const pods = `${place.host}/api/v1/namespaces/project1/pods`;
    const headers = { 'Content-Type': 'application/yaml' };
    const body = readFileSync(POD_FILE);
    expect((await fetch(pods, { method: 'POST', headers, body })).status).toBe(201);
    expect((await fetch(`${pods}/hello`, { method: 'DELETE' })).status).toBe(200);
  });

  it('says what to do next, and logs what was asked', async () => {
    expect(demo.stderr).toContain(`\nTry: curl ${place.host}/version\n`);
    await demo.waitFor('stderr', /"path":"\/version".*"status":200/);
  });

  it('keeps keys for their owner, and its kubeconfig beside them', async () => {
    const kubeconfig = join(directory, 'kubeconfig');
    for (const file of ['client-key.pem', 'server-key.pem', 'kubeconfig']) {
      expect([file, statSync(join(directory, file)).mode & 0o077]).toEqual([file, 0]);
    }
    expect(readFileSync(kubeconfig, 'utf8')).toContain('current-context: porthole-demo');
    const { command, port } = await spawnPorthole(`--kubeconfig=${kubeconfig}`);
    const answer = await fetch(`http://127.0.0.1:${port}/livez`, {
      headers: { Connection: 'close' },
    });
    expect(await answer.text()).toBe('ok');
    expect(await command.stop()).toEqual({ code: 0, signal: null });
  });

  it('says which port is taken, and ends', async () => {
    const taken = new URL(place.host).port;
    const { code, stdout, stderr } = await runPorthole(
      'demo',
      `--port=${taken}`,
      `--dir=${emptyFolder()}`,
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: listen tcp 127\.0\.0\.1:\d+: address already in use.*\n/m);
  });
});
