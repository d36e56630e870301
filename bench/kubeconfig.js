// The kubeconfig of the bench, in YAML, as kubectl writes it.

/** @typedef {{ ca: string, client: { cert: string, key: string } }} Identity PEM */

/**
 * One context, `bench`, with its certificates inline, after `others` that lead elsewhere: each has a cluster with the path
 * of its authority and a user with a token of 900 bytes, as service accounts have. (More than 8 MiB porthole would not read.)
 * @param {number} port of the upstream
 * @param {Identity} identity
 * @param {number} [others]
 * @returns {string}
 */
export function kubeconfigFor(port, { ca, client }, others = 0) {
  const names = Array.from({ length: others }, (_, i) => `cluster-${i}`);
  return `apiVersion: v1
kind: Config
current-context: bench
clusters:
${names.map((name) => cluster(name, `https://${name}.example:6443`, 'certificate-authority: ca.pem')).join('')}\
${cluster('bench', `https://127.0.0.1:${port}`, `certificate-authority-data: ${base64(ca)}`)}\
contexts:
${[...names, 'bench'].map(context).join('')}\
users:
${names.map((name) => user(name, `token: ${'t'.repeat(900)}`)).join('')}\
${user('bench', `client-certificate-data: ${base64(client.cert)}\n    client-key-data: ${base64(client.key)}`)}`;
}

/** @param {string} name @param {string} server @param {string} authority */
function cluster(name, server, authority) {
  return `- cluster:\n    ${authority}\n    server: ${server}\n  name: ${name}\n`;
}

/** @param {string} name */
function context(name) {
  return `- context:\n    cluster: ${name}\n    user: ${name}\n  name: ${name}\n`;
}

/** @param {string} name @param {string} fields */
function user(name, fields) {
  return `- name: ${name}\n  user:\n    ${fields}\n`;
}

/** @param {string} pem */
function base64(pem) {
  return Buffer.from(pem).toString('base64');
}
