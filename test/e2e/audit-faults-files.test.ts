import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type Answer,
  ask,
  contentOf,
  outcomes,
  startAudited,
  startAuditedUpstream,
} from '../support/audited-porthole.ts';
import { emptyFolder } from '../support/cli.ts';
import { limitedFiles, pipes } from '../support/faulty-sinks.ts';
import { eventually } from '../support/pair.ts';

const PADDING = 100_000;

it('goes on when the reader of its standard output goes away', async () => {
  const sink = pipes('gone');
  const upstream = await startAuditedUpstream();
  const shell = `exec > "${sink.path('audit')}"`;
  const proxy = await startAudited(upstream, ['--audit-log-path=-'], shell);
  const answers = await proxy.send(20);
  await sink.fail(proxy.pid);
  answers.push(...(await proxy.send(120, { padding: PADDING })));
  expect(outcomes(answers)).toEqual({ 200: 140 });
  await sink.recover(proxy.pid);
  await proxy.command.waitFor('stderr', /\d+ audit events were dropped/);
  const { events } = await proxy.dropped();
  await proxy.command.stop();
  const audit = contentOf(await sink.textOf('audit'));
  expect(audit).toMatchObject({ broken: [], dropped: events });
  expect(audit.events.length + events).toBe(280);
});

it('loses nothing when its file is deleted under load', async () => {
  const file = join(emptyFolder(), 'audit.log');
  const upstream = await startAuditedUpstream();
  const proxy = await startAudited(upstream, [`--audit-log-path=${file}`]);
  const answers: Answer[] = [];
  const removed: number[] = [];
  onTestFinished(() => removed.forEach((fd) => void closeSync(fd)));
  const load = proxy.send(200, { padding: 10_000, answers });
  for (const n of [50, 100, 150]) {
    await eventually('more are answered', () => answers.length >= n);
    removed.push(openSync(file, 'r'));
    rmSync(file);
    await eventually('there is a new file', () => readdirSync(join(file, '..')).length > 0);
  }
  await load;
  await proxy.command.stop();
  const texts = [...removed, file].map((each) => readFileSync(each, 'utf8'));
  const all = texts.flatMap((text) => contentOf(text).events);
  const keys = all.map(({ auditID, stage }) => `${auditID} ${stage}`);
  expect(outcomes(answers)).toEqual({ 200: 200 });
  expect(new Set(keys).size).toBe(400);
  expect(contentOf(texts.at(-1) ?? '').broken).toEqual([]);
});

it('loses nothing when no file can be opened while it rotates', async () => {
  const folder = emptyFolder();
  const upstream = await startAuditedUpstream();
  const path = `--audit-log-path=${join(folder, 'audit.log')}`;
  const proxy = await startAudited(upstream, [path, '--audit-log-maxsize=1']);
  const limit = (files: number) =>
    execFileSync('prlimit', [`--pid=${proxy.pid}`, `--nofile=${files}:`]);
  const answers: Answer[] = [];
  const load = proxy.send(100, { clients: 4, padding: PADDING, answers });
  await eventually('all clients are connected', () => answers.length > 8);
  const open = readdirSync(`/proc/${proxy.pid}/fd`).map(Number);
  const sorted = [...open.sort((a, b) => a - b), -1];
  limit(sorted.findIndex((fd, i) => fd !== i)); // the lowest that is free
  await proxy.command.waitFor('stderr', /cannot start a new log file .*EMFILE/);
  limit(1024);
  await load;
  await vi.waitFor(async () => {
    answers.push(...(await proxy.send(1)));
    expect(readdirSync(folder).length).toBeGreaterThan(1);
  }, 10_000);
  await proxy.command.stop();
  const content = readdirSync(folder).map((name) =>
    contentOf(readFileSync(join(folder, name), 'utf8')),
  );
  expect(outcomes(answers)).toEqual({ 200: answers.length });
  expect(content.flatMap(({ broken }) => broken)).toEqual([]);
  expect(content.flatMap(({ events }) => events)).toHaveLength(2 * answers.length);
});

it('says once how many events are missing when it is told twice to stop, and the disk was always full', async () => {
  const upstream = await startAuditedUpstream();
  const proxy = await startAudited(upstream, ['--audit-log-path=/dev/full']);
  expect(outcomes(await proxy.send(5))).toEqual({ 200: 5 });
  proxy.command.signal('SIGTERM');
  const gone = async () => (await ask({ port: proxy.port })).outcome === 'ECONNREFUSED';
  while (!(await gone()));
  proxy.command.signal('SIGTERM');
  await proxy.command.exited;
  const said = proxy.command.stderr.match(/"\d+ audit events could not be written, all in all"/g);
  expect(said).toHaveLength(1);
});

describe('an HTTP archive', () => {
  it('is begun anew with what was not yet in it when it is deleted, also with its folder', async () => {
    const folder = join(emptyFolder(), 'records');
    const file = join(folder, 'a.har');
    mkdirSync(folder);
    const upstream = await startAuditedUpstream();
    const proxy = await startAudited(upstream, ['--audit-log-path=/dev/null', `--har=${file}`]);
    /** Whether all that were sent since the first so many are there. */
    const has = (from: number) => {
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      return upstream.auditIDs.slice(from).every((id) => text.includes(id));
    };
    await proxy.send(5);
    await eventually('they are written', () => has(0));
    rmSync(folder, { recursive: true });
    await proxy.send(6);
    mkdirSync(folder);
    await eventually('it is there again', () => has(5));
    rmSync(file);
    await proxy.send(7);
    await proxy.command.stop();
    expect(JSON.parse(readFileSync(file, 'utf8')).log.entries.length).toBeGreaterThanOrEqual(7);
    expect(has(11)).toBe(true);
  });

  it('says how many exchanges are missing after its file could not grow', async () => {
    const sink = limitedFiles();
    const upstream = await startAuditedUpstream();
    const proxy = await startAudited(upstream, [
      `--audit-log-path=${sink.path('audit')}`,
      ...[`--har=${sink.path('har')}`, '--har-bodies'],
    ]);
    const answers = await proxy.send(20);
    await sink.fail(proxy.pid);
    answers.push(...(await proxy.send(120, { padding: PADDING })));
    const whole = await vi.waitFor(async () => JSON.parse(await sink.textOf('har'))); // not in the middle of a try
    expect(whole.log.entries.length).toBeLessThan(40);
    await sink.recover(proxy.pid);
    answers.push(...(await proxy.send(20)));
    await proxy.command.stop();
    const { entries, comment } = JSON.parse(await sink.textOf('har')).log;
    const missing = Number(/^(\d+) /.exec(comment)?.[1]);
    expect(outcomes(answers)).toEqual({ 200: 160 });
    expect(missing).toBeGreaterThan(0);
    expect(entries.length + missing).toBe(160);
  });
});
