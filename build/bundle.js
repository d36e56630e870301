// The command line as few files, for its start: Node would look up, read and compile 299 by themselves (189 of ours). All that
// each start needs is one of them; what a proxy at rest does not need stays in chunks of its own, by the dynamic imports of
// the source. dist/ beside it, one file a module, is the library. Not minified: stack traces name functions and lines that can
// be read, and it would take no more than 4 ms of 117 from the start.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'dist/bundle');

const bundling = {
  input: join(root, 'src/cli.ts'),
  platform: 'node',
  // What each start needs of other packages is taken in; these are rarely needed, and loaded from node_modules then.
  external: ['commander', 'mrmime', 'node-forge', 're2js'],
  resolve: {
    conditionNames: ['porthole-source', 'node', 'import', 'default'],
    // The same code as ES modules: CommonJS has to be wrapped into functions, and what is in these is parsed twice.
    alias: { yaml: join(root, 'node_modules/yaml/browser/index.js') },
  },
};
const atStart = neededAtStart((await build({ ...bundling, write: false })).output);
rmSync(folder, { recursive: true, force: true });
const { output } = await build({
  ...bundling,
  output: {
    dir: folder,
    comments: { legal: true, annotation: true, jsdoc: false },
    // Left to itself, rolldown makes a chunk of whatever several others share: 25 files at each start, and 10 ms more.
    codeSplitting: { groups: [{ name: 'start', test: (id) => atStart.has(id) }] },
  },
});
for (const { fileName, code } of output) writeFileSync(join(folder, fileName), ascii(code));
writeFileSync(join(folder, 'THIRD-PARTY-LICENSES'), licences(output));

/**
 * V8 keeps a text with a single character above Latin-1 at two bytes for each, and reads it more slowly. Such characters
 * stand in strings, patterns and comments only, where their escapes are as good.
 */
function ascii(code) {
  return code.replace(
    /[^\0-\x7f]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The modules that the entry imports, directly or not, but for those that are imported dynamically. */
function neededAtStart(chunks) {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const found = new Set();
  const visit = (chunk) => {
    if (chunk === undefined || found.has(chunk)) return;
    found.add(chunk);
    for (const name of chunk.imports) visit(byName.get(name));
  };
  visit(chunks.find(({ isEntry }) => isEntry));
  const needed = new Set([...found].flatMap(({ moduleIds }) => moduleIds));
  // It awaits at its top level: what is imported dynamically meanwhile would wait for it, if it were in their chunk.
  needed.delete(bundling.input);
  return needed;
}

/** Of the packages whose code is in the chunks: their terms want to go with it. */
function licences(chunks) {
  const packages = new Set(chunks.flatMap(({ moduleIds = [] }) => moduleIds.flatMap(packageOf)));
  const texts = [...packages].sort().map((path) => {
    const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    const file = readdirSync(path).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} has no licence file to ship with its code`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(path, file), 'utf8').trim()}\n`;
  });
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

/** The folder of the package that a module is from; none for our own. */
function packageOf(id) {
  if (!id.includes('/node_modules/')) return [];
  let path = dirname(id);
  while (!existsSync(join(path, 'LICENSE')) && !path.endsWith('node_modules')) path = dirname(path);
  return [path];
}
