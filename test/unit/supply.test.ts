import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);

interface Manifest {
  readonly license?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly bundleDependencies?: readonly string[];
}

interface Locked extends Manifest {
  readonly version: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

function json(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, root), 'utf8'));
}

const manifest = json('package.json') as Manifest;
const lock = json('package-lock.json') as {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, Locked>>;
};
const [[, top], ...entries] = Object.entries(lock.packages) as [
  [string, Manifest],
  ...[string, Locked][],
];

/** Whose code may be in the process that holds the credentials. A new one needs a reason in its commit message. */
const AT_RUN_TIME: Readonly<Record<string, string>> = {
  commander: 'MIT',
  mrmime: 'MIT',
  'node-forge': '(BSD-3-Clause OR GPL-2.0)',
  re2js: 'MIT',
  yaml: 'ISC',
};

/** What developers may have on their machines besides; none of it is in the package. */
const OF_TOOLS = new Set([
  ...Object.values(AT_RUN_TIME),
  ...['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'MIT OR Apache-2.0', 'MPL-2.0'],
  ...['Python-2.0', 'Unlicense'],
]);

/** Which npm runs when somebody installs the package, or a checkout of it. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare'];

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

describe('package-lock.json', () => {
  it('belongs to package.json', () => {
    expect(lock.lockfileVersion).toBe(3);
    expect(top.dependencies).toEqual(manifest.dependencies);
    expect(top.devDependencies).toEqual(manifest.devDependencies);
  });

  it('has a hash for each package, and no package from anywhere but a registry', () => {
    expect(entries.length).toBeGreaterThan(100);
    const loose = entries.filter(
      ([, { integrity, resolved = 'https://', link }]) =>
        !/^sha512-[\w+/]{86}==$/.test(integrity ?? '') || !/^https:/.test(resolved) || link,
    );
    expect(loose.map(([path]) => path)).toEqual([]);
  });

  it('has no package that runs a script when it is installed', () => {
    expect(entries.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
    expect(INSTALL_SCRIPTS.filter((name) => manifest.scripts?.[name] !== undefined)).toEqual([]);
  });

  it('has at run time the packages of the list with their licences, and no others', () => {
    const atRunTime = entries.filter(([, { dev }]) => !dev);
    expect(
      Object.fromEntries(atRunTime.map(([path, { license }]) => [nameOf(path), license])),
    ).toEqual(AT_RUN_TIME);
    expect(manifest.optionalDependencies).toBeUndefined();
    expect(manifest.bundleDependencies).toBeUndefined();
  });

  it('has tools under known licences only', () => {
    const strange = entries.filter(([, { license = '' }]) => !OF_TOOLS.has(license));
    expect(strange.map(([path, { license }]) => [path, license])).toEqual([]);
  });
});

describe('what is installed', () => {
  it.each(Object.entries(AT_RUN_TIME))(
    '%s is what the lockfile says, under %s',
    (name, licence) => {
      const installed = json(`node_modules/${name}/package.json`) as Locked;
      expect(installed.license).toBe(licence);
      expect(installed.version).toBe(lock.packages[`node_modules/${name}`]?.version);
      expect(installed.dependencies ?? {}).toEqual({});
      expect(INSTALL_SCRIPTS.slice(0, 3).filter((script) => installed.scripts?.[script])).toEqual(
        [],
      );
    },
  );
});

it('docs/security.md lists these packages and licences', () => {
  const page = readFileSync(new URL('docs/security.md', root), 'utf8');
  const [, section = ''] = /^## Run-time packages\n(.*?)^## /ms.exec(page) ?? [];
  const rows = [...section.matchAll(/^\| (?!package|---)(\S+) \| (.*?) \| .* \|$/gm)];
  const listed = Object.fromEntries(rows.map(([, name, licence]) => [name, licence]));
  const plain = Object.entries(AT_RUN_TIME).map(([name, text]) => [
    name,
    text.replace(/[()]/g, ''),
  ]);
  expect(listed).toEqual(Object.fromEntries(plain));
});
