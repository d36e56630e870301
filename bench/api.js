// Requests of a bench itself, over connections of its own straight to kube-apiserver.
import { Agent, request } from 'node:https';

/**
 * @param {import('./cluster.js').Cluster} cluster
 * @returns {(method: string, path: string, body?: object) => Promise<string>} the answer's body; rejects unless it is 2xx
 */
export function apiOf(cluster) {
  const agent = new Agent({ keepAlive: true });
  const { ca, cert, key } = cluster.credentials;
  const to = { agent, ca, cert, key, host: '127.0.0.1', port: cluster.port };
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
      const sent = request({ ...to, method, path, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece) => {
          text += piece;
        });
        response.on('end', () => {
          const { statusCode = 0 } = response;
          if (statusCode >= 200 && statusCode < 300) resolve(text);
          else reject(new Error(`${method} ${path}: ${statusCode} ${text}`));
        });
      });
      sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
}
