// What the package is made of at run time, for those who check such lists: a CycloneDX document, as `npm sbom` writes it from the
// lockfile, without the network. Without the time and the random number in it: the same sources make the same package.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application'];
const text = execFileSync('npm', [...args, '--package-lock-only'], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
const { serialNumber, ...sbom } = JSON.parse(text);
const { timestamp, ...metadata } = sbom.metadata;
const { name } = read('package.json');
// npm takes the name of the folder.
const component = { ...metadata.component, name };
// npm's own --omit=dev leaves out what a tool may use as well.
const atRunTime = new Set([
  component['bom-ref'],
  ...Object.entries(read('package-lock.json').packages)
    .filter(([path, { dev }]) => path !== '' && !dev)
    .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')}@${version}`),
]);
const document = {
  ...sbom,
  metadata: { ...metadata, component },
  components: sbom.components.filter((part) => atRunTime.has(part['bom-ref'])),
  dependencies: sbom.dependencies
    .filter(({ ref }) => atRunTime.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((on) => atRunTime.has(on)) })),
};
writeFileSync(`${root}/dist/sbom.cdx.json`, `${JSON.stringify(document, undefined, 2)}\n`);

function read(file) {
  return JSON.parse(readFileSync(`${root}/${file}`, 'utf8'));
}
