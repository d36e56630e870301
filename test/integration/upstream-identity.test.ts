import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { mintAuthority } from '#certs/mint.ts';
import { emptyFolder } from '../support/cli.ts';
import { ask, base64, portOf, root, startInFront } from '../support/in-front.ts';
import { OK, startUpstream } from '../support/recording-upstream.ts';
import { pluginsWith } from '../support/start-proxy.ts';

const HOUR = 3_600_000;
const EXPIRED = /; the client certificate expired on \d{4}-[\dT:-]+Z"/;
const foreign = mintAuthority({ commonName: 'foreign' });
const serving = root.issueServer();

describe('a client certificate', () => {
  const fieldsOf = (pair: { cert: string; key: string }) => ({
    user: {
      'client-certificate-data': base64(pair.cert),
      'client-key-data': base64(pair.key),
    },
  });
  const nobody = {
    user: { 'client-certificate-data': undefined, 'client-key-data': undefined },
  };

  /** Counts connections of TCP: those that fail in the handshake too. */
  async function startDemanding(options: TlsOptions = {}) {
    const server = createTlsServer({ ...serving, ca: root.pem, requestCert: true, ...options });
    const seen = { connections: 0, bytes: '' };
    server.on('connection', () => seen.connections++);
    server.on('tlsClientError', () => {});
    server.on('secureConnection', (socket) => {
      socket.on('error', () => {});
      socket.on('data', (bytes) => {
        seen.bytes += bytes.toString('latin1');
      });
    });
    return { port: await portOf(server), seen };
  }

  // In TLS 1.3 the client has sent its request by the time the server tells what it thinks of the certificate.
  it.each(['TLSv1.3', 'TLSv1.2'] as const)(
    'C11: that is missing: 502 with the alert of %s, and a POST is sent once',
    async (maxVersion) => {
      const { port, seen } = await startDemanding({ maxVersion });
      const proxy = await startInFront(port, nobody);
      const answer = await ask(proxy, 'POST /api/v1/namespaces');
      expect(answer).toMatch(/^HTTP\/1\.1 502 .*it refused the TLS connection: [^"]*alert/s);
      expect(proxy.records).toMatchObject([
        { outcome: 'upstream-failed', errorCode: 'ERR_UPSTREAM_TLS' },
      ]);
      expect(seen).toEqual({ connections: 1, bytes: '' });
    },
  );

  it.each([
    [
      'C11: has expired',
      () => root.issueClient({ commonName: 'alice', notAfter: new Date(Date.now() - HOUR) }),
      EXPIRED,
    ],
    [
      'is not valid yet',
      () => root.issueClient({ commonName: 'alice', notBefore: new Date(Date.now() + HOUR) }),
      /; the client certificate is not valid before \d{4}-[\dT:-]+Z"/,
    ],
    [
      'is of an unknown authority',
      () => foreign.issueClient({ commonName: 'alice', notAfter: new Date(Date.now() + HOUR) }),
      /^(?!.*; the client certificate)/s,
    ],
  ])('that %s: 502 says so, and a POST is sent once', async (_, issue, words) => {
    const { port, seen } = await startDemanding();
    const proxy = await startInFront(port, fieldsOf(issue()));
    const answer = await ask(proxy, 'POST /api/v1/namespaces');
    expect(answer).toContain('HTTP/1.1 502 Bad Gateway\r\n');
    expect(answer).toMatch(words);
    expect(proxy.records).toMatchObject([{ outcome: 'upstream-failed' }]);
    expect(seen).toEqual({ connections: 1, bytes: '' });
  });

  it('C11: that has expired is said beside the alert of a server', async () => {
    const pair = root.issueClient({ commonName: 'alice', notAfter: new Date(Date.now() - HOUR) });
    const { port } = await startDemanding({ sigalgs: 'ECDSA+SHA256' });
    const answer = await ask(await startInFront(port, fieldsOf(pair)));
    expect(answer).toMatch(/it refused the TLS connection: [^"]*alert[^"]*/);
    expect(answer).toMatch(EXPIRED);
  });

  it('goes to a server whose certificate is accepted, and to no other', async () => {
    const names: string[] = [];
    const upstream = await startUpstream(
      (_, { tls }) => {
        names.push(String(tls.getPeerCertificate().subject.CN));
        return OK;
      },
      { ...serving, ca: root.pem },
    );
    onTestFinished(() => upstream.close());
    expect(await ask(await startInFront(upstream.port))).toContain('HTTP/1.1 200 OK\r\n');
    const data = { 'certificate-authority-data': base64(foreign.pem) };
    const distrusting = await startInFront(upstream.port, { cluster: data });
    expect(await ask(distrusting)).toContain('HTTP/1.1 502 Bad Gateway\r\n');
    expect(names).toEqual(['alice']);
  });
});

describe('without a certificate-authority', () => {
  const untold = { cluster: { 'certificate-authority-data': undefined } };
  const bundle = (pem: string): string => {
    const path = join(emptyFolder(), 'roots.pem');
    writeFileSync(path, pem);
    return path;
  };

  it.each([
    ['is trusted', foreign.pem + root.pem, 200],
    ['is needed', foreign.pem, 502],
  ])('what SSL_CERT_FILE holds %s', async (_, pem, status) => {
    const upstream = await startUpstream(() => OK, { ...serving, ca: root.pem });
    onTestFinished(() => upstream.close());
    const proxy = await startInFront(upstream.port, untold, {
      plugins: pluginsWith({ SSL_CERT_FILE: bundle(pem) }),
    });
    expect(await ask(proxy)).toContain(`HTTP/1.1 ${status} `);
  });

  it("the system's roots are used, which do not know ours", async () => {
    const upstream = await startUpstream(() => OK, { ...serving, ca: root.pem });
    onTestFinished(() => upstream.close());
    const proxy = await startInFront(upstream.port, untold);
    expect(await ask(proxy)).toMatch(/^HTTP\/1\.1 502 .*unknown authority/s);
  });
});

describe('a server of plain http', () => {
  it("gets requests, but not the user's token", async () => {
    const authorizations: unknown[] = [];
    const server = createServer((incoming, response) => {
      authorizations.push(incoming.headers.authorization);
      response.end('ok');
    });
    const port = await portOf(server);
    const cluster = { server: `http://127.0.0.1:${port}` };
    const proxy = await startInFront(port, { cluster, user: { token: 'sesame' } });
    expect(await ask(proxy)).toMatch(/^HTTP\/1\.1 200 OK\r\n.*ok/s);
    expect(authorizations).toEqual([undefined]);
  });
});
