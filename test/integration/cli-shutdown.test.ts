import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startPorthole } from '../support/cli.ts';
import { writeTestKubeconfig } from '../support/kubeconfig-file.ts';
import { eventually } from '../support/pair.ts';
import { RawClient, request } from '../support/raw-client.ts';
import { OK, startUpstream } from '../support/recording-upstream.ts';

const EXIT = { code: 0, signal: null };

/** A porthole with one request under way, whose answer is up to the test. */
async function startBusy(flag: string) {
  const upstream = await startUpstream(() => undefined);
  const kubeconfig = writeTestKubeconfig(upstream);
  onTestFinished(async () => {
    rmSync(dirname(kubeconfig), { recursive: true });
    await upstream.close();
  });
  const { command, port } = await startPorthole(`--kubeconfig=${kubeconfig}`, flag);
  const client = await RawClient.connect(port);
  onTestFinished(() => client.close());
  client.send(request('GET /api/v1/namespaces/a/pods/b'));
  await eventually('it is under way', () => upstream.requests === 1);
  return {
    command,
    client,
    port,
    answer: (text: string) => upstream.connections[0]?.socket.write(text),
    records: (): unknown[] =>
      command.stderr
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
  };
}

/** Waits until nobody listens on `port` any more: the signal has come. */
async function deaf(port: number): Promise<void> {
  for (;;) {
    const accepted = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('error', () => resolve(false));
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
    });
    if (!accepted) return;
  }
}

describe('a request without an answer at SIGTERM', () => {
  it('gets its answer within the grace, and then porthole ends with 0', async () => {
    const { command, client, port, answer, records } = await startBusy('--shutdown-grace=1h');
    const exit = command.stop('SIGTERM');
    await deaf(port);
    expect(client.received).toBe('');
    answer(OK);
    await client.untilEnd();
    expect(client.received).toBe(OK.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    client.close();
    expect(await exit).toEqual(EXIT);
    expect(records()).toMatchObject([{ verb: 'get', name: 'b', status: 200, outcome: 'ok' }]);
    expect(records()).toHaveLength(1);
  });

  it.each([
    ['none', '', {}],
    ['half of one', OK.slice(0, -1), { status: 200 }],
  ])(
    'that gets %s is cut after the grace, in one log line, and porthole ends with 0',
    async (_, text, more) => {
      const { command, client, answer, records } = await startBusy('--shutdown-grace=300ms');
      answer(text);
      if (text !== '') await client.untilText('\r\n\r\no');
      expect(await command.stop('SIGTERM')).toEqual(EXIT);
      await client.untilEnd();
      expect(client.received).toBe(text);
      expect(records()).toMatchObject([{ verb: 'get', name: 'b', outcome: 'stopped', ...more }]);
      expect(records()).toHaveLength(1);
    },
  );
});
