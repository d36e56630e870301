// Starts the upstream of `npm run load`, with a kubeconfig for it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mintAuthority } from '#certs/mint.ts';
import { kubeconfigFor } from './kubeconfig.js';
import { portOf, start } from './processes.js';

/**
 * @param {string} folder of the run, for keys
 * @returns {Promise<import('./upstream.js').Upstream>}
 */
export async function startStressUpstream(folder) {
  const authority = mintAuthority({ commonName: 'load' });
  const server = authority.issueServer({ ips: ['127.0.0.1'] });
  const client = authority.issueClient({ commonName: 'load', organizations: ['system:masters'] });
  const file = (/** @type {string} */ name, /** @type {string} */ text) => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const ca = file('ca.pem', authority.pem);
  const files = {
    ca,
    cert: file('client.pem', client.cert),
    key: file('client-key.pem', client.key),
  };
  const serving = {
    ca,
    cert: file('server.pem', server.cert),
    key: file('server-key.pem', server.key),
  };
  const program = fileURLToPath(new URL('stress-upstream.js', import.meta.url));
  const port = await portOf(start(process.execPath, [program, JSON.stringify(serving)]));
  const identity = { ca: authority.pem, client };
  const kubeconfig = file('kubeconfig', kubeconfigFor(port, identity));
  return { kind: `Node ${process.versions.node}`, port, kubeconfig, identity, files };
}
