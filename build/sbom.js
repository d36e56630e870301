// What the package is made of at run time, for those who check such lists: a CycloneDX document, as `npm sbom` writes it from the
// lockfile, without the network. Without the time and the random number in it: the same sources make the same package.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application', '--omit=dev'];
const text = execFileSync('npm', [...args, '--package-lock-only'], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
const { serialNumber, ...sbom } = JSON.parse(text);
const { timestamp, ...metadata } = sbom.metadata;
const { name } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
// npm takes the name of the folder.
const component = { ...metadata.component, name };
const document = { ...sbom, metadata: { ...metadata, component } };
writeFileSync(`${root}/dist/sbom.cdx.json`, `${JSON.stringify(document, undefined, 2)}\n`);
