import { describe, expect, it } from 'vitest';
import { startPair } from '../support/pair.ts';
import { request } from '../support/raw-client.ts';
import type { RecordingUpstream } from '../support/recording-upstream.ts';

/** The request lines that an upstream saw. */
const linesOf = (upstream: RecordingUpstream): string[] =>
  [...upstream.bytes.matchAll(/^[A-Z]+ \S+ HTTP\/1\.1(?=\r$)/gm)].map(([line]) => line);

describe('--api-prefix', () => {
  it('is taken off before the path is judged and forwarded, byte for byte', async () => {
    const { ask, upstream, proxy } = await startPair(undefined, { apiPrefix: '/k8s/' });
    await ask(
      request('GET /k8s/api/v1/namespaces/a%2Fb/pods?x=%2f', { headers: 'Connection: close\r\n' }),
    );
    expect(linesOf(upstream)).toEqual(['GET /api/v1/namespaces/a%2Fb/pods?x=%2f HTTP/1.1']);
    const refused = await ask(
      request('GET /k8s/api/v1/namespaces/a/pods/p/exec', { headers: 'Connection: close\r\n' }),
    );
    expect(refused).toMatch(/^HTTP\/1\.1 403 .*--reject-paths/s);
    const [, record] = await proxy.recorded(2);
    expect(record).toMatchObject({
      path: '/k8s/api/v1/namespaces/a/pods/p/exec',
      resource: 'pods',
      subresource: 'exec',
    });
  });

  it('goes before the path of the server is put there', async () => {
    const { ask, upstream } = await startPair(
      undefined,
      { apiPrefix: '/k8s/' },
      {},
      {
        kubeconfig: (port) => ({
          cluster: { server: `https://127.0.0.1:${port}/clusters/c%2F1/` },
        }),
      },
    );
    await ask(request('GET /k8s/version', { headers: 'Connection: close\r\n' }));
    expect(linesOf(upstream)).toEqual(['GET /clusters/c%2F1/version HTTP/1.1']);
  });

  it.each([
    ['GET /version', 404, /"reason":"NotFound"/],
    ['GET /k8sversion', 404, /--api-prefix/],
    ['GET /k8s', 301, /Location: \/k8s\/\r\n/],
    ['POST /', 404, /"reason":"NotFound"/],
  ])('answers %s itself with %i', async (line, status, text) => {
    const { ask, upstream, proxy } = await startPair(undefined, { apiPrefix: '/k8s/' });
    const answer = await ask(request(line, { headers: 'Connection: close\r\n' }));
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toMatch(text);
    expect(upstream.requests).toBe(0);
    const [record] = await proxy.recorded(1);
    expect(record).toMatchObject({ status, outcome: status === 301 ? 'ok' : 'refused' });
  });

  it('does not let a foreign host learn what is served', async () => {
    const { ask } = await startPair(undefined, { apiPrefix: '/k8s/' });
    for (const path of ['/', '/k8s', '/k8s/api']) {
      const answer = await ask(
        request(`GET ${path}`, { host: 'evil.example', headers: 'Connection: close\r\n' }),
      );
      expect(answer).toMatch(/^HTTP\/1\.1 403 .*--accept-hosts/s);
    }
  });
});
