import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

interface SourceFile {
  /** Relative to the project, `src/http1/head.ts`. */
  readonly path: string;
  readonly text: string;
  readonly syntax: ts.SourceFile;
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = `${folder}/${name}`;
    if (statSync(join(root, path)).isDirectory()) return filesBelow(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

const files: SourceFile[] = [...filesBelow('src'), ...filesBelow('certs')].map((path) => {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, text, syntax: ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true) };
});

function importsOf({ path, text, syntax }: SourceFile): Import[] {
  const found: Import[] = [];
  for (const statement of syntax.statements) {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) continue;
    const specifier = statement.moduleSpecifier;
    if (specifier === undefined || !ts.isStringLiteral(specifier)) continue;
    const to = specifier.text.startsWith('.')
      ? normalize(join(dirname(path), specifier.text))
      : specifier.text.replace(/^#certs\//, 'certs/');
    found.push({ from: path, to, typeOnly: isTypeOnly(statement) });
  }
  for (const [, to = ''] of text.matchAll(/\bimport\('(\.[^']+)'\)/g)) {
    found.push({ from: path, to: normalize(join(dirname(path), to)), typeOnly: false });
  }
  return found;
}

function isTypeOnly(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(statement)) {
    const { exportClause } = statement;
    if (statement.isTypeOnly || exportClause === undefined) return statement.isTypeOnly;
    return ts.isNamedExports(exportClause) && exportClause.elements.every((e) => e.isTypeOnly);
  }
  const clause = statement.importClause;
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const named = clause.namedBindings;
  if (clause.name !== undefined || named === undefined) return false;
  return ts.isNamedImports(named) && named.elements.every((element) => element.isTypeOnly);
}

const imports = files.flatMap(importsOf);

/** `server` for `src/server/listen.ts`; undefined for files directly in `src`, and for the back rooms of options and cli. */
function folderOf(path: string): string | undefined {
  const folder = /^src\/([^/]+)\//.exec(path)?.[1];
  return folder === 'flags' || folder === 'commands' ? undefined : folder;
}

function offenders(rule: (edge: Import) => boolean): string[] {
  return imports.filter(rule).map(({ from, to }) => `${from} -> ${to}`);
}

describe('the house keeps its shape', () => {
  it('lets only types cross between folders, except into http1, errors and printable', () => {
    const crossing = offenders(({ from, to, typeOnly }) => {
      const room = folderOf(from);
      if (typeOnly || room === undefined || !to.startsWith('src/')) return false;
      const isLeaf = to === 'src/errors.ts' || to === 'src/printable.ts';
      return !isLeaf && folderOf(to) !== room && folderOf(to) !== 'http1';
    });
    expect(crossing).toEqual([]);
  });

  it('has what is recorded go one way: from who writes it down, over what it hides and copies, to where it goes', () => {
    const rooms = [
      ...[
        ['klog', 'har', 'trace', 'audit', 'recent'],
        ['access'],
        ['body'],
        ['mask'],
        ['sink', 'json'],
      ],
    ];
    const floor = (path: string): number =>
      rooms.findIndex((names) => names.some((name) => path.startsWith(`src/record/${name}/`)));
    const room = (path: string): string | undefined => /^src\/record\/(\w+)\//.exec(path)?.[1];
    const climbing = offenders(
      ({ from, to, typeOnly }) =>
        !typeOnly && room(from) !== room(to) && floor(to) >= 0 && floor(from) >= floor(to),
    );
    expect(climbing).toEqual([]);
  });

  it('has only the entries and options reach into folders with values, beside those that compose', () => {
    const entries = ['src/cli.ts', 'src/index.ts', 'src/options.ts'];
    const composing = [
      ...['proxy', 'generations', 'generation', 'identify'],
      ...['handle', 'recording', 'deliver'],
    ].map((name) => `src/${name}.ts`);
    const reaching = imports.filter(
      ({ from, to, typeOnly }) =>
        !typeOnly && /^src\/[^/]+$/.test(from) && /^src\/[^/]+\//.test(to),
    );
    expect(new Set(reaching.map(({ from }) => from))).toEqual(new Set([...entries, ...composing]));
    // Flags are the server's policies in words, so their table takes its defaults from there.
    const flags = imports.filter(
      ({ from, to }) => from.startsWith('src/flags/') && /^src\/[^/]+\//.test(to),
    );
    expect(new Set(flags.map(({ to }) => to.split('/')[1]))).toEqual(
      new Set(['flags', 'server', 'kubeconfig', 'record']),
    );
  });

  it('has nobody but cli know the commands', () => {
    expect(
      offenders(
        ({ from, to }) =>
          to.startsWith('src/commands/') &&
          from !== 'src/cli.ts' &&
          !from.startsWith('src/commands/'),
      ),
    ).toEqual([]);
  });

  it('has http1 know nothing but errors', () => {
    expect(
      offenders(
        ({ from, to }) =>
          folderOf(from) === 'http1' && folderOf(to) !== 'http1' && to !== 'src/errors.ts',
      ),
    ).toEqual([]);
  });

  it('has no import cycle', () => {
    const edges = new Map<string, string[]>();
    for (const { from, to, typeOnly } of imports) {
      if (!typeOnly) edges.set(from, [...(edges.get(from) ?? []), to]);
    }
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      const seen = trail.indexOf(path);
      if (seen >= 0) cycles.push([...trail.slice(seen), path].join(' -> '));
      else for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    };
    for (const { path } of files) visit(path, []);
    expect(cycles).toEqual([]);
  });

  it.each([
    ['commander', (path: string) => folderOf(path) === undefined],
    ['node:process', (path: string) => path === 'src/cli.ts'],
    ['node:tls', (path: string) => folderOf(path) === 'upstream' || path === 'src/server/tls.ts'],
    ['node:https', (path: string) => folderOf(path) === 'demo'],
    ['node:http2', (path: string) => path.startsWith('src/upstream/http2/')],
    [
      'node:http',
      (path: string) =>
        folderOf(path) === 'demo' ||
        [
          'src/commands/doctor-connect.ts',
          'src/upstream/fetch-text.ts',
          'src/upstream/http2/fields.ts',
        ].includes(path),
    ],
    [
      'node:child_process',
      (path: string) =>
        path === 'src/commands/child.ts' || path === 'src/credentials/exec/child.ts',
    ],
    ['mrmime', (path: string) => folderOf(path) === 'files'],
    ['node-forge', (path: string) => path.startsWith('certs/')],
  ])('imports %s only where it belongs', (module, allowed) => {
    expect(
      offenders(({ from, to, typeOnly }) => !typeOnly && to === module && !allowed(from)),
    ).toEqual([]);
  });

  it('opens sockets only in upstream and listens only in server and demo', () => {
    const calls = files.filter(
      ({ path, text }) =>
        /\b(?:connect|connectTcp|connectTls|createConnection)\(/.test(text) &&
        /from 'node:(?:net|tls)'/.test(text) &&
        folderOf(path) !== 'upstream' &&
        // Asks whether somebody listens on a path.
        path !== 'src/server/unix-socket.ts',
    );
    expect(calls.map(({ path }) => path)).toEqual([]);
  });

  it('uses process and console only in cli', () => {
    const uses = files.filter(
      ({ path, text }) => path !== 'src/cli.ts' && /(?<![.\w'`])(?:process|console)\.\w/.test(text),
    );
    expect(uses.map(({ path }) => path)).toEqual([]);
  });

  it('has no file over 250 lines and no function over 50', () => {
    const long: string[] = [];
    for (const { path, text, syntax } of files) {
      const lines = text.split('\n').length - 1;
      if (lines > 250) long.push(`${path}: ${lines} lines`);
      const visit = (node: ts.Node): void => {
        if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
          const from = syntax.getLineAndCharacterOfPosition(node.getStart()).line;
          const to = syntax.getLineAndCharacterOfPosition(node.end).line;
          if (to - from + 1 > 50) long.push(`${path}:${from + 1}: ${to - from + 1} lines`);
        }
        ts.forEachChild(node, visit);
      };
      visit(syntax);
    }
    expect(long).toEqual([]);
  });

  it('has no utils, no barrels and no default exports', () => {
    const wrong = files.filter(
      ({ path, text }) =>
        /(?:utils?|helpers?|manager)\b/i.test(path) ||
        (path.endsWith('/index.ts') && path !== 'src/index.ts') ||
        /^export default/m.test(text),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('depends at run time on what the design names, and on nothing else', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(Object.keys(dependencies)).toEqual([
      'commander',
      'mrmime',
      'node-forge',
      're2js',
      'yaml',
    ]);
  });

  it('names only files that exist in the map of the house', () => {
    const map = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
    const named = [...map.matchAll(/`((?:src|test|certs|bench|bin)\/[\w./-]+)`/g)].map((m) => m[1]);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((path) => !existsSync(join(root, path as string)))).toEqual([]);
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => relative(root, join(root, 'src', entry.name)));
    expect(folders.filter((folder) => !map.includes(`\`${folder}/\``))).toEqual([]);
  });
});
