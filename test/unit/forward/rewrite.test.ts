import { describe, expect, it } from 'vitest';
import { createRewrite } from '../../../src/forward/rewrite.ts';
import { parseRequestHead } from '../../../src/http1/request-head.ts';
import type { Impersonation } from '../../../src/kubeconfig/kubeconfig.ts';

const SERVER = {
  scheme: 'https',
  hostname: 'api.example',
  port: 6443,
  authority: 'api.example:6443',
  pathPrefix: '/k8s/c-1',
} as const;
const ORIGIN = { auditID: 'id-1', clientAddress: '127.0.0.1', upgrade: false };
const NOBODY = { authorization: undefined, clientCertificate: undefined };

/** The header lines that leave, but for Host and X-Forwarded-For. */
function outbound(
  lines: string,
  options: {
    readonly impersonate?: Impersonation;
    readonly authorization?: string;
    readonly target?: string;
    readonly appendServerPath?: boolean;
  } = {},
): string[] {
  const { impersonate, authorization, target = '/api', appendServerPath = false } = options;
  const head = Buffer.from(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n`, 'latin1');
  const rewrite = createRewrite({
    server: SERVER,
    impersonate,
    userAgent: 'porthole/test',
    appendServerPath,
  });
  const text = rewrite(
    parseRequestHead(head, 0, head.length),
    { ...NOBODY, authorization },
    ORIGIN,
  );
  expect(text.endsWith('\r\n\r\n')).toBe(true);
  const ours = ['Host: api.example:6443', 'X-Forwarded-For: 127.0.0.1'];
  return text
    .trimEnd()
    .split('\r\n')
    .filter((line) => !ours.includes(line));
}

const LINE = 'GET /api HTTP/1.1';
const DEFAULTS = ['Audit-ID: id-1', 'User-Agent: porthole/test'];

describe('rewrite', () => {
  it('puts our fields behind the client’s, which keep their order, case and number', () => {
    expect(outbound('b: 1\r\nA: 2\r\nb: 3\r\n', { authorization: 'Bearer t' })).toEqual([
      LINE,
      'b: 1',
      'A: 2',
      'b: 3',
      'Authorization: Bearer t',
      ...DEFAULTS,
    ]);
  });

  it.each([
    ['Audit-ID', 'Audit-ID: mine\r\nConnection: audit-id\r\n', ['Audit-ID: mine', DEFAULTS[1]]],
    [
      'User-Agent',
      'User-Agent: curl\r\nConnection: user-agent\r\n',
      ['User-Agent: curl', DEFAULTS[0]],
    ],
    ['an empty Audit-ID', 'Audit-ID:\r\n', DEFAULTS],
    [
      'Content-Type',
      'Content-Type: text/plain\r\nConnection: content-type\r\n',
      ['Content-Type: text/plain', ...DEFAULTS],
    ],
    ['authorization', 'Authorization: Bearer c\r\nConnection: authorization\r\n', DEFAULTS],
  ])('lets no Connection of the client’s leave a request without %s', (_, lines, expected) => {
    expect(outbound(lines)).toEqual([LINE, ...expected]);
  });

  it('takes a nominated Authorization away and sends ours', () => {
    const lines = 'Authorization: Bearer c\r\nConnection: authorization\r\n';
    expect(outbound(lines, { authorization: 'Bearer ours' })).toEqual([
      LINE,
      'Authorization: Bearer ours',
      ...DEFAULTS,
    ]);
  });

  it('sends names outside ASCII as Go does, in UTF-8', () => {
    const impersonate = {
      user: 'José',
      uid: 'Ł',
      groups: ['grün', 'b'],
      extra: new Map([['example.com/team', ['é', 'f']]]),
    };
    const sent = outbound('', { impersonate }).map((line) =>
      Buffer.from(line, 'latin1').toString(),
    );
    expect(sent).toEqual([
      LINE,
      'Impersonate-User: José',
      'Impersonate-Uid: Ł',
      'Impersonate-Group: grün',
      'Impersonate-Group: b',
      'Impersonate-Extra-example.com%2fteam: é',
      'Impersonate-Extra-example.com%2fteam: f',
      ...DEFAULTS,
    ]);
  });

  it.each([
    [true, 'GET /k8s/c-1/a%2Fb?x=/ HTTP/1.1'],
    [false, 'GET /a%2Fb?x=/ HTTP/1.1'],
  ])('puts the server path in front of the target’s own bytes: %s', (appendServerPath, line) => {
    expect(outbound('', { target: '/a%2Fb?x=/', appendServerPath })[0]).toBe(line);
  });
});
