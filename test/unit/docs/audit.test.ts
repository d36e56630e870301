import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DIFFERENCES } from '../../support/audit/differences.ts';

const page = readFileSync(new URL('../../../docs/audit.md', import.meta.url), 'utf8');
const [, section = ''] = /^## What differs from .*\n([\s\S]*?)^## /m.exec(page) ?? [];

it('docs/audit.md has the differences that the comparison with kube-apiserver knows, and no others', () => {
  const rows = [...section.matchAll(/^\| ([^|]*[^-| ]) \| (.*) \|$/gm)];
  expect(rows.map(([, name, why]) => ({ name, why }))).toEqual(
    DIFFERENCES.map(({ name, why }) => ({ name, why })),
  );
});
