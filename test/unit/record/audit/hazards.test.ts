import { describe, expect, it } from 'vitest';
import { microTime, rfc3339Nano } from '../../../../src/record/audit/micro-time.ts';
import { goQuote } from '../../../../src/record/go-quote.ts';
import { Audited, everythingAt, newLog } from './audited.ts';

/** What ends a line somewhere, steers a terminal, or is no text in UTF-8. */
const HOSTILE = [
  'line\nbreak\r\n{"level":"None"}',
  '\u2028\u2029\u0085',
  '\x1b]0;title\x07\x1b[31m',
  '\x00\x7f\x9b31m',
  '"},"stage":"Panic',
  'back\\slash',
  Buffer.from([0xff, 0xfe, 0xc3, 0x28]).toString('latin1'),
  '\ud800',
  '\u202e\u200b',
];

describe.each(HOSTILE)('a text of others: %j', (text) => {
  it('is one line of JSON, visible ASCII where it matters, and parses back to the same', () => {
    const { log, kept } = newLog();
    new Audited(log, '/api/v1/pods', {
      start: { userAgent: text, auditID: text, kubectlCommand: text, kubectlSession: text },
      differing: (record) => {
        Object.assign(record, { name: text, namespace: text, path: `/${text}` });
        record.impersonated = { username: text, groups: [text], extra: new Map([[text, [text]]]) };
      },
    })
      .answer(200, { fields: ['Warning', text] })
      .end();
    expect(kept.lines).toHaveLength(2);
    for (const line of kept.lines) {
      expect(line.match(/[\0-\x1f\x7f-\x9f\u2028\u2029]/g)).toEqual(['\n']);
      expect(line.endsWith('}\n')).toBe(true);
    }
    expect(kept.events[1]).toMatchObject({
      auditID: text,
      userAgent: text,
      requestURI: `/${text}`,
      stage: 'ResponseComplete',
      objectRef: { name: text, namespace: text },
      impersonatedUser: { username: text, extra: { [text]: ['REDACTED'] } },
      annotations: { 'porthole/kubectl-command': text, 'porthole/warnings': text },
    });
  });

  it('is one line of the legacy format', () => {
    const { log, kept } = newLog({ format: 'legacy' });
    new Audited(log, '/api/v1/pods', {
      start: { userAgent: text, auditID: text },
      differing: (record) => Object.assign(record, { path: `/${text}`, namespace: text }),
    });
    expect(kept.lines[0]?.match(/[\0-\x1f\x7f-\x9f\u2028\u2029]/g)).toEqual(['\n']);
    expect(kept.lines[0]).toContain(` AUDIT: id=${goQuote(text)} stage="RequestReceived"`);
  });
});

describe('a long text of others', () => {
  it('is cut visibly', () => {
    const { log, kept } = newLog();
    const long = 'x'.repeat(1_000_000);
    new Audited(log, `/api/v1/pods?labelSelector=${long}`, {
      start: { userAgent: long, auditID: long, kubectlCommand: long, kubectlSession: long },
      differing: (record) => Object.assign(record, { name: long, verb: long }),
    }).end();
    const event = kept.events[0];
    expect(event?.requestURI).toBe(
      `/api/v1/pods?labelSelector=${long}`.slice(0, 8192).concat('...TRUNCATED'),
    );
    // The API server's own limit and mark.
    expect(event?.userAgent).toBe(`${long.slice(0, 1024)}...TRUNCATED`);
    expect(kept.lines[1]?.length).toBeLessThan(20_000);
  });

  it('does not hide a token in its query', () => {
    const { log, kept } = newLog();
    new Audited(log, '/api/v1/pods?access_token=canary&watch=0').end();
    expect(kept.lines.join()).not.toContain('canary');
    expect(kept.events[0]?.requestURI).toBe('/api/v1/pods?access_token=***&watch=0');
  });
});

describe('moments', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000000Z', '1970-01-01T00:00:00Z'],
    [
      Date.UTC(2026, 10, 22, 13, 5, 10, 885),
      '2026-11-22T13:05:10.885000Z',
      '2026-11-22T13:05:10.885Z',
    ],
    [
      Date.UTC(2026, 10, 22, 13, 5, 10) + 0.25,
      '2026-11-22T13:05:10.000250Z',
      '2026-11-22T13:05:10.00025Z',
    ],
    [
      Date.UTC(2026, 1, 28, 23, 59, 59, 999),
      '2026-02-28T23:59:59.999000Z',
      '2026-02-28T23:59:59.999Z',
    ],
    [Date.UTC(2026, 2, 1) - 0.5, '2026-02-28T23:59:59.999500Z', '2026-02-28T23:59:59.9995Z'],
  ])('%d ms are %s', (ms, micro, nano) => {
    expect(microTime(ms)).toBe(micro);
    expect(rfc3339Nano(ms)).toBe(nano);
  });
});

describe('the legacy format', () => {
  it("is kube-apiserver's", () => {
    const { log, kept } = newLog({ format: 'legacy' });
    const start = { auditID: 'id-1', userAgent: 'curl/8 "x"' };
    new Audited(log, '/api/v1/namespaces/default/pods?limit=5', { start }).answer(403).end();
    expect(kept.lines).toEqual([
      '2026-11-22T13:05:10.885Z AUDIT: id="id-1" stage="RequestReceived" ip="127.0.0.1" method="list" user="admin" groups="\\"system:masters\\",\\"system:authenticated\\"" as="<self>" asgroups="<lookup>" user-agent="curl/8 \\"x\\"" namespace="default" uri="/api/v1/namespaces/default/pods?limit=5" response="<deferred>"\n',
      '2026-11-22T13:05:10.885Z AUDIT: id="id-1" stage="ResponseComplete" ip="127.0.0.1" method="list" user="admin" groups="\\"system:masters\\",\\"system:authenticated\\"" as="<self>" asgroups="<lookup>" user-agent="curl/8 \\"x\\"" namespace="default" uri="/api/v1/namespaces/default/pods?limit=5" response="403"\n',
    ]);
  });

  it('has words for what is not there', () => {
    const { log, kept } = newLog({ format: 'legacy', decide: everythingAt('Metadata') });
    new Audited(log, '/version', {
      start: { auditID: 'id-1', clientAddress: '', userAgent: undefined },
      differing: (record) => {
        record.identity = undefined;
        record.impersonated = { username: 'jane', groups: ['dev', 'system:authenticated'] };
      },
    });
    expect(kept.lines[0]).toMatch(
      / ip="<unknown>" method="get" user="<none>" groups="<none>" as="jane" asgroups="\\"dev\\",\\"system:authenticated\\"" user-agent="" namespace="<none>" uri="\/version" response="<deferred>"\n$/,
    );
  });
});
