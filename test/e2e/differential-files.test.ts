import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { compareAll, type Group } from '../support/differential/compare.ts';
import * as rows from '../support/differential/policy-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'porthole-www-'));
const root = join(folder, 'www');
const outside = join(folder, 'outside');
mkdirSync(root);
writeFileSync(outside, 'outside');
rows.writeFiles(root, outside);
const www = `--www=${root}`;

const groups: readonly Group[] = [
  {
    title: '--www-prefix=/foo/',
    setup: { flags: [www, '--www-prefix=/foo/'] },
    rows: [...rows.files, ...rows.unlisted],
  },
  {
    title: '--www-list',
    setup: { flags: ['-w', root], portholeFlags: ['--www-list'] },
    rows: rows.listed,
  },
  {
    title: '--www beside --api-prefix',
    setup: { flags: [www, '-P', '/foo', '--api-prefix=/api/', '--accept-paths=^/api'] },
    rows: rows.beside,
  },
];

describeOnCluster('files by kubectl proxy and porthole', (cluster) => {
  afterAll(() => rmSync(folder, { recursive: true }));

  compareAll(cluster, groups);
});
