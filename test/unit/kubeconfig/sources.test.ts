import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KubeconfigFlags } from '../../../src/kubeconfig/kubeconfig.ts';
import { type LoadOptions, type Trace, traceLoading } from '../../../src/kubeconfig/load.ts';
import { SourceReader } from '../../../src/kubeconfig/source-reader.ts';
import { config, ecPair, folder, HTTPS, load, messageOf, NOW } from './support.ts';

const ec = ecPair();
const FILES = 'client-certificate: c\nclient-key: k';
const CA = `${HTTPS}\ncertificate-authority: ca`;

/** What a loading leaves in its trace, whether it throws or not, relative to the folder. */
function sourcesOf(dir: string, flags: KubeconfigFlags = {}, more: Partial<LoadOptions> = {}) {
  const trace: Trace = { warnings: [] };
  const options = { flags, env: { HOME: dir }, cwd: dir, platform: 'linux', now: NOW } as const;
  let ended = 'loaded';
  try {
    traceLoading({ ...options, serviceAccountDir: join(dir, 'no'), ...more }, trace);
  } catch {
    ended = 'failed';
  }
  return [ended, ...[...(trace.sources?.keys() ?? [])].map((path) => path.replace(`${dir}/`, ''))];
}

describe('what a configuration is made from', () => {
  it('is the loading list, certificate, key and CA, in the configuration too', () => {
    const files = { 'd/config': config(CA, FILES), 'd/c': ec.cert, 'd/k': ec.key, 'd/ca': ec.cert };
    const dir = folder(files);
    const env = { KUBECONFIG: `missing:${dir}/d/config` };
    expect(sourcesOf(dir, {}, { env })).toEqual([
      ...['loaded', 'missing', 'd/config', 'd/c', 'd/k', 'd/ca'],
    ]);
    expect(load(dir, {}, { env }).sources).toEqual(
      ['missing', 'd/config', 'd/c', 'd/k', 'd/ca'].map((name) => join(dir, name)),
    );
  });

  it('is known of one that cannot be used, even of what it could not read', () => {
    const dir = folder({ config: config(CA, FILES), c: ec.cert, broken: '{' });
    const flags = { kubeconfig: 'config' };
    expect(sourcesOf(dir, flags)).toEqual(['failed', 'config', 'c', 'k', 'ca']);
    expect(sourcesOf(dir, { kubeconfig: 'broken' })).toEqual(['failed', 'broken']);
    expect(sourcesOf(dir, { kubeconfig: 'nope' })).toEqual(['failed', 'nope']);
  });

  it('has a token file only as long as that cannot be used', () => {
    const dir = folder({ config: config(HTTPS, 'tokenFile: t') });
    expect(sourcesOf(dir, { kubeconfig: 'config' })).toEqual(['failed', 'config', 't']);
    writeFileSync(join(dir, 't'), 't0ken');
    expect(sourcesOf(dir, { kubeconfig: 'config' })).toEqual(['loaded', 'config']);
  });

  it('is CA and namespace in a pod, and the kubeconfig that may come', () => {
    const dir = folder({ 'sa/token': 't', 'sa/ca.crt': ec.cert });
    const pod = { KUBERNETES_SERVICE_HOST: 'h', KUBERNETES_SERVICE_PORT: '1', HOME: dir };
    const more = { env: pod, serviceAccountDir: join(dir, 'sa') };
    const account = ['sa/ca.crt', 'sa/namespace'];
    expect(sourcesOf(dir, { inCluster: true }, more)).toEqual(['loaded', ...account]);
    expect(sourcesOf(dir, {}, more)).toEqual(['loaded', '.kube/config', ...account]);
  });
});

describe('a loading reads each file once', () => {
  it('so that what is judged is what is used', () => {
    const dir = folder({ key: 'before' });
    const reader = new SourceReader();
    expect(reader.text(join(dir, 'key'))).toBe('before');
    writeFileSync(join(dir, 'key'), 'after');
    expect(reader.text(join(dir, 'key'))).toBe('before');
    expect(() => reader.read(join(dir, 'nope'))).toThrow('ENOENT');
    writeFileSync(join(dir, 'nope'), 'now it is there');
    expect(() => reader.read(join(dir, 'nope'))).toThrow('ENOENT');
  });
});

describe('loaded again', () => {
  it('a pipe is refused, rather than waited for', () => {
    const dir = folder();
    const pipe = join(dir, 'pipe');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    expect(messageOf(() => load(dir, { kubeconfig: pipe }, { again: true }))).toMatch(
      /pipe": read .*pipe: is a pipe, which can be read only once$/,
    );
  });

  it.each(['', 'garbage', undefined])(
    "in a pod a CA of %j never means the system's roots",
    (ca) => {
      const dir = folder({ 'sa/token': 't', 'sa/ca.crt': ca ?? '' });
      if (ca === undefined) rmSync(join(dir, 'sa/ca.crt'));
      mkdirSync(join(dir, '.kube'));
      const env = { KUBERNETES_SERVICE_HOST: 'h', KUBERNETES_SERVICE_PORT: '1', HOME: dir };
      const more = { env, serviceAccountDir: join(dir, 'sa') };
      expect(load(dir, {}, more).cluster.certificateAuthority).toBeUndefined();
      expect(messageOf(() => load(dir, {}, { ...more, again: true }))).toMatch(
        /^the cluster's CA cannot be used: .*ca.crt/,
      );
    },
  );
});
