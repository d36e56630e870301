import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { startBehindFaults } from '../support/behind-faults.ts';
import { emptyFolder } from '../support/cli.ts';
import { kubectl } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { RawClient, request } from '../support/raw-client.ts';

const WATCH = '/api/v1/namespaces/default/configmaps?watch=1';
/** Ticks of 10 ms that a porthole that has nothing to do may use in a second: a busy loop would use 100. */
const MOST_TICKS = 40;

/** The library that lets a process see another time. @throws {Error} when it is not installed */
function libfaketime(): string {
  for (const machine of readdirSync('/usr/lib')) {
    const folder = join('/usr/lib', machine, 'faketime');
    const name = 'libfaketimeMT.so.1';
    try {
      if (readdirSync(folder).includes(name)) return join(folder, name);
    } catch {
      // Not in this folder.
    }
  }
  throw new Error('this test needs libfaketime: install it (apt-get install faketime)');
}

/** A wall clock of porthole's own; its monotonic one goes on as everybody's. */
function fakeClock() {
  const file = join(emptyFolder(), 'time');
  writeFileSync(file, '+0');
  return {
    env: {
      LD_PRELOAD: libfaketime(),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    /** As in `+10y`, from the true time. */
    step(offset: string): void {
      writeFileSync(`${file}.new`, offset);
      renameSync(`${file}.new`, file);
    },
  };
}

function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

describeOnCluster('a clock that is set', (cluster) => {
  it('by hours or years leaves watches alone, is explained where certificates do not hold, and mends', async ({
    annotate,
  }) => {
    const clock = fakeClock();
    const behind = await startBehindFaults(cluster, { env: clock.env });
    const { proxy, pid } = behind;
    const watch = await RawClient.connect(proxy.port);
    onTestFinished(() => watch.close());
    await watch.send(request(`GET ${WATCH}`)).untilText('HTTP/1.1 200 OK');
    const version = async () => {
      const answer = await fetch(`${proxy.url}/version`);
      return { status: answer.status, text: await answer.text() };
    };
    expect(await version()).toMatchObject({ status: 200 });
    // A large step forwards looks like sleep, after which no idle connection is trusted: certificates are looked at anew.
    const steps = [
      ['+1h', 200, /gitVersion/],
      ['-1h', 200, /gitVersion/],
      ['+20y', 502, /its certificate has expired/],
      ['-10y', 502, /its certificate is not yet valid; is the clock right\?/],
      ['+0', 200, /gitVersion/],
    ] as const;
    for (const [nth, [offset, status, text]] of steps.entries()) {
      clock.step(offset);
      await sleep(20); // its next look at the clock
      await expect.poll(version, { timeout: 20_000 }).toMatchObject({ status });
      expect((await version()).text).toMatch(text);
      const before = ticksOf(pid);
      await sleep(1000);
      const ticks = ticksOf(pid) - before;
      await annotate(`${offset}: ${ticks} ticks of CPU in a second`);
      expect(ticks).toBeLessThan(MOST_TICKS);
      const name = `clock-${nth}`;
      await kubectl(cluster, ['create', 'configmap', name]);
      await watch.untilText(`"${name}"`);
    }
    const times = proxy.log().flatMap(({ durationMs }) => durationMs ?? []);
    for (const time of times) expect(time).toSatisfy((ms: number) => ms >= 0 && ms < 60_000);
  });
});
