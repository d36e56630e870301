import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { CERTIFICATE_USER, TOKEN_USER } from '../support/cluster/pki.ts';
import { startPorthole } from '../support/proxies.ts';

describeOnCluster('who the API server takes the user of a kubeconfig for', (cluster) => {
  const { certificateData, certificateFiles, token, certificateAndToken } = cluster.kubeconfigs;

  /** The events of one exchange; the API server writes them shortly after its answer. */
  function audited(auditID: unknown): unknown[] {
    const lines = readFileSync(cluster.auditLog, 'utf8').trimEnd().split('\n');
    const events = lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line));
    return events.filter((event) => event.auditID === auditID);
  }

  describe.each([
    { by: 'certificate in the file', kubeconfig: certificateData, username: CERTIFICATE_USER },
    { by: 'certificate beside the file', kubeconfig: certificateFiles, username: CERTIFICATE_USER },
    { by: 'token', kubeconfig: token, username: TOKEN_USER },
    // kube-apiserver asks its certificate authenticator first.
    { by: 'certificate and token', kubeconfig: certificateAndToken, username: CERTIFICATE_USER },
  ])('$by', ({ kubeconfig, username }) => {
    it(`is ${username}, in the audit log under the Audit-ID of our own log line`, async () => {
      const proxy = await startPorthole(cluster, { kubeconfig });
      try {
        const answer = await fetch(`${proxy.url}/api/v1/namespaces/default/pods/web-0`);
        expect(answer.status).toBe(200);
        const auditID = answer.headers.get('audit-id');
        await expect
          .poll(() => audited(auditID), { timeout: 20_000 })
          .toMatchObject([{ user: { username }, sourceIPs: ['127.0.0.1'], verb: 'get' }]);
        await expect
          .poll(() => proxy.log(), { timeout: 20_000 })
          .toContainEqual(expect.objectContaining({ auditID, status: 200, verb: 'get' }));
      } finally {
        await proxy.stop();
      }
    });
  });
});
