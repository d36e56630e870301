// The fuzzer as one file: Node 20 reads no TypeScript, and compiling all of it would take longer than a short run does.
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const path = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

await build({
  input: path('fuzz.ts'),
  platform: 'node',
  external: ['fast-check', 're2js', 'node-forge', 'mrmime', 'commander'],
  resolve: { conditionNames: ['porthole-source', 'node', 'import', 'default'] },
  output: { file: path('../../dist/fuzz/fuzz.js'), sourcemap: true, codeSplitting: false },
});
