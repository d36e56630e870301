import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readYaml } from '../../../../src/kubeconfig/yaml.ts';
import type { AuditLogOptions } from '../../../../src/record/audit/audit-log.ts';
import type { Level } from '../../../../src/record/audit/policy/policy.ts';
import type { AuditEvent } from '../../../support/audit-event.ts';
import { type Asked, Audited, everythingAt, type Message, newLog } from './audited.ts';

const PODS = '/api/v1/namespaces/default/pods';
const SECRETS = '/api/v1/namespaces/default/secrets';
const NAME = { name: 'web-0', namespace: 'default', uid: 'u-1', resourceVersion: '7' };
const POD = { kind: 'Pod', apiVersion: 'v1', metadata: NAME, spec: { nodeName: 'n1' } };
const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** The last event of one exchange with these messages. */
async function lastEvent(
  level: Level,
  target: string,
  asked: Asked,
  code = 200,
  answer: Message = {},
  options: Partial<AuditLogOptions> = {},
): Promise<AuditEvent> {
  const { log, kept } = newLog({ decide: everythingAt(level), ...options });
  new Audited(log, target, asked).answer(code, answer).end();
  await log.close();
  for (const line of kept.lines)
    expect(line.match(/[\0-\x1f\x7f-\x9f\u2028\u2029]/g)).toEqual(['\n']);
  for (const early of kept.events.slice(0, -1)) {
    expect(early).not.toHaveProperty('requestObject');
    expect(early).not.toHaveProperty('responseObject');
  }
  const last = kept.events.at(-1);
  if (last === undefined) throw new Error('no event');
  return last;
}

const creating = (object: unknown): Asked => ({ method: 'POST', body: JSON.stringify(object) });
const answering = (object: unknown): Message => ({ body: JSON.stringify(object) });

describe('at Metadata', () => {
  it.each([
    ['POST', PODS],
    ['PUT', `${PODS}/web-0`],
  ])('the object of a %s completes the reference, and is not shown', async (method, target) => {
    const asked = { method, body: JSON.stringify(POD) };
    const event = await lastEvent('Metadata', target, asked, 201, answering(POD));
    expect(Object.entries(event.objectRef)).toEqual([
      ...[['resource', 'pods'] as const, ['namespace', 'default'] as const],
      ...[['name', 'web-0'] as const, ['uid', 'u-1'] as const],
      ...[['apiVersion', 'v1'] as const, ['resourceVersion', '7'] as const],
    ]);
    expect(event).not.toHaveProperty('requestObject');
    expect(event).not.toHaveProperty('responseObject');
    expect(JSON.stringify(event)).not.toContain('n1');
    expect(event.annotations).not.toHaveProperty('porthole/request-body');
  });

  it('the request line goes before what the object says', async () => {
    const other = { ...POD, metadata: { ...NAME, name: 'other', namespace: 'other' } };
    const asked = { method: 'PUT', body: JSON.stringify(other) };
    const event = await lastEvent('Metadata', `${PODS}/web-0`, asked);
    expect(event.objectRef).toMatchObject({ namespace: 'default', name: 'web-0' });
  });

  it('a patch completes nothing', async () => {
    const asked = { method: 'PATCH', body: JSON.stringify(POD) };
    const event = await lastEvent('Metadata', `${PODS}/web-0`, asked);
    expect(event.objectRef).not.toHaveProperty('uid');
  });

  it('a Status says why, without its causes', async () => {
    const failure = {
      ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' },
      ...{ message: 'pods "web-0" not found', reason: 'NotFound', code: 404 },
      details: { name: 'web-0', kind: 'pods', causes: [{ message: 'quoted' }] },
    };
    const event = await lastEvent('Metadata', `${PODS}/web-0`, {}, 404, answering(failure));
    expect(Object.entries(event.responseStatus)).toEqual([
      ['metadata', {}],
      ['status', 'Failure'],
      ['message', 'pods "web-0" not found'],
      ['reason', 'NotFound'],
      ['details', { name: 'web-0', kind: 'pods' }],
      ['code', 404],
    ]);
    expect(event).not.toHaveProperty('responseObject');
  });

  it.each([
    [
      'application/json',
      '{\n  "kind": "Status",\n  "apiVersion": "v1",\n  "status": "Failure",\n  "reason": "NotFound"\n}',
    ],
    [
      'application/yaml',
      'apiVersion: v1\ncode: 404\nkind: Status\nmetadata: {}\nreason: NotFound\nstatus: Failure\n',
    ],
  ])('a Status for people says why too, as %s', async (type, body) => {
    const answer = { fields: ['Content-Type', type], body };
    const event = await lastEvent('Metadata', `${PODS}/a`, {}, 404, answer, { readYaml });
    expect(event['responseStatus']).toEqual({
      ...{ metadata: {}, status: 'Failure', reason: 'NotFound', code: 404 },
    });
  });

  it('a Status in protobuf says why too', async () => {
    const field = (number: number, value: string | Buffer) =>
      Buffer.concat([Buffer.from([(number << 3) | 2, value.length]), Buffer.from(value)]);
    const typeMeta = Buffer.concat([field(1, 'v1'), field(2, 'Status')]);
    const status = [
      field(1, ''),
      field(2, 'Failure'),
      field(3, 'no such pod'),
      field(4, 'NotFound'),
    ];
    const raw = Buffer.concat(status);
    const body = Buffer.concat([Buffer.from('k8s\0'), field(1, typeMeta), field(2, raw)]);
    const answer = { fields: ['Content-Type', PROTOBUF], body };
    const event = await lastEvent('Metadata', `${PODS}/a`, {}, 404, answer);
    expect(event.responseStatus).toEqual({
      ...{ metadata: {}, status: 'Failure', message: 'no such pod', reason: 'NotFound', code: 404 },
    });
  });

  it('a successful delete that is answered with a Status says so', async () => {
    const done = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };
    const event = await lastEvent(
      'Metadata',
      `${PODS}/a`,
      { method: 'DELETE' },
      200,
      answering(done),
    );
    expect(event.responseStatus).toEqual({ metadata: {}, status: 'Success', code: 200 });
  });

  it.each([
    ['text', { fields: ['Content-Type', 'text/plain'], body: '404 page not found' }],
    ['no Status', answering({ status: 'Failure', message: 'made up' })],
    ['broken JSON', { fields: ['Content-Type', 'application/json'], body: '{"kind":"Status"' }],
    ['nothing', {}],
  ])('a failure that is %s has its code', async (_, answer) => {
    const event = await lastEvent('Metadata', PODS, {}, 404, answer);
    expect(event.responseStatus).toEqual({ metadata: {}, code: 404 });
  });
});

describe('at Request', () => {
  it('the request has its object, and the answer none', async () => {
    const event = await lastEvent('Request', PODS, creating(POD), 201, answering(POD));
    expect(event.requestObject).toEqual(POD);
    expect(event).not.toHaveProperty('responseObject');
  });

  it.each([
    [
      'PATCH',
      'application/json-patch+json',
      [{ op: 'add', path: '/metadata/labels/a', value: 'b' }],
    ],
    ['PATCH', 'application/strategic-merge-patch+json', { spec: { replicas: null } }],
    [
      'DELETE',
      'application/json',
      { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 },
    ],
  ])('%s with %s has what it carries', async (method, type, body) => {
    const asked = { method, body: JSON.stringify(body), fields: ['Content-Type', type] };
    const event = await lastEvent('Request', `${PODS}/web-0`, asked);
    expect(event.requestObject).toEqual(body);
  });

  it('integers keep all their digits', async () => {
    const { log, kept } = newLog({ decide: everythingAt('Request') });
    const body = '{"kind":"Big","apiVersion":"v1","size":9007199254740993}';
    new Audited(log, PODS, { method: 'POST', body }).end();
    expect(kept.lines.at(-1)).toContain('"size":9007199254740993}');
  });

  it('YAML is an object like any other', async () => {
    const readYaml = (text: string) => ({ read: text });
    const asked = {
      method: 'PATCH',
      body: 'a: b',
      fields: ['Content-Type', 'application/apply-patch+yaml'],
    };
    const event = await lastEvent('Request', `${PODS}/web-0`, asked, 200, {}, { readYaml });
    expect(event.requestObject).toEqual({ read: 'a: b' });
  });

  it('what is not JSON is told by type, size and hash', async () => {
    const body = Buffer.from('k8s\0 and more');
    const asked = { method: 'POST', body, fields: ['Content-Type', PROTOBUF] };
    const event = await lastEvent('Request', PODS, asked);
    const sha256 = createHash('sha256').update(body).digest('hex');
    expect(event.annotations['porthole/request-body']).toBe(
      `${PROTOBUF}, ${body.length} bytes, sha256:${sha256}`,
    );
    expect(event).not.toHaveProperty('requestObject');
    expect(event.annotations).not.toHaveProperty('audit.k8s.io/truncated');
  });

  it('what is too long is left out with a mark', async () => {
    const body = JSON.stringify({ ...POD, data: 'x'.repeat(2000) });
    const asked = { method: 'POST', body };
    const event = await lastEvent('Request', PODS, asked, 201, {}, { maxBodyBytes: 1024 });
    const sha256 = createHash('sha256').update(body).digest('hex');
    expect(event).not.toHaveProperty('requestObject');
    expect(event.annotations).toMatchObject({
      'audit.k8s.io/truncated': 'true',
      'porthole/request-body': expect.stringContaining(`${body.length} bytes`),
    });
    expect(event.annotations['porthole/request-body']).toContain(`sha256:${sha256}`);
  });

  it.each(['POST', 'PATCH', 'DELETE'])(
    'a body of others than resource requests is not recorded: %s',
    async (method) => {
      const event = await lastEvent('Request', '/login', { method, body: '{"canary":1}' });
      expect(JSON.stringify(event)).not.toContain('canary');
    },
  );
});

describe('what a client says of its object beside its media type', () => {
  it.each([
    ['Content-Type', 'application/json; charset=utf-16'],
    ['Content-Type', 'application/json', 'Content-Encoding', 'gzip'],
    ['Content-Type', 'application/json', 'Content-Encoding', 'unknown'],
  ])(
    'does not keep it out of the log, as the API server reads it all the same: %s %s',
    async (...fields) => {
      const event = await lastEvent('Request', PODS, { ...creating(POD), fields }, 201);
      expect(event.requestObject).toEqual(POD);
    },
  );

  it('is right for once', async () => {
    const fields = ['Content-Type', 'application/json', 'Content-Encoding', 'gzip'];
    const asked = { method: 'POST', fields, body: gzipSync(JSON.stringify(POD)) };
    const event = await lastEvent('Request', PODS, asked, 400);
    expect(event).not.toHaveProperty('requestObject');
    expect(event.annotations['porthole/request-body']).toMatch(
      /^application\/json, \d+ bytes, sha256:/,
    );
  });
});

describe('at RequestResponse', () => {
  it('both have their objects', async () => {
    const event = await lastEvent('RequestResponse', PODS, creating(POD), 201, answering(POD));
    expect(event).toMatchObject({ requestObject: POD, responseObject: POD });
    expect(Object.keys(event).slice(-5)).toEqual([
      ...['requestObject', 'responseObject', 'requestReceivedTimestamp'],
      ...['stageTimestamp', 'annotations'],
    ]);
  });

  it('a compressed answer is read', async () => {
    const fields = ['Content-Type', 'application/json', 'Content-Encoding', 'gzip'];
    const answer = { fields, body: gzipSync(JSON.stringify(POD)) };
    const event = await lastEvent('RequestResponse', `${PODS}/web-0`, {}, 200, answer);
    expect(event.responseObject).toEqual(POD);
  });

  it('an answer that is not JSON is told by type, size and hash', async () => {
    const answer = { fields: ['Content-Type', PROTOBUF], body: 'k8s\0' };
    const event = await lastEvent('RequestResponse', `${PODS}/web-0`, {}, 200, answer);
    expect(event.annotations['porthole/response-body']).toMatch(/^application\/vnd\..*, 4 bytes/);
  });

  it('discovery is shown, and other answers without a kind are not', async () => {
    const groups = { kind: 'APIVersions', versions: ['v1'] };
    const shown = await lastEvent('RequestResponse', '/apis', {}, 200, answering(groups));
    expect(shown.responseObject).toEqual(groups);
    for (const answer of [answering({ major: '1' }), { body: 'ok', fields: [] }]) {
      const event = await lastEvent('RequestResponse', '/version', {}, 200, answer);
      expect(event).not.toHaveProperty('responseObject');
      expect(event.annotations).not.toHaveProperty('porthole/response-body');
    }
  });

  it.each([`${PODS}?watch=1`, `${PODS}/web-0/log`, `${PODS}/web-0/proxy/`])(
    'a long-running request has no body: %s',
    async (target) => {
      const answer = { body: JSON.stringify({ kind: 'Canary', apiVersion: 'v1' }) };
      const event = await lastEvent(
        'RequestResponse',
        target,
        { body: '{"canary":1}' },
        200,
        answer,
      );
      expect(JSON.stringify(event).toLowerCase()).not.toContain('canary');
    },
  );

  it('a long-running request that fails says why', async () => {
    const failure = {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'Expired',
      code: 410,
    };
    const { log, kept } = newLog({ decide: everythingAt('RequestResponse') });
    new Audited(log, `${PODS}?watch=1`).answer(410, answering(failure)).end();
    expect(kept.events[1]?.responseStatus).toEqual({ metadata: {}, code: 410 });
    expect(kept.events[2]).toMatchObject({
      responseStatus: { reason: 'Expired', code: 410 },
      responseObject: failure,
    });
  });

  it('a long-running request whose answer is refused by a workload says nothing of it', async () => {
    const fields = ['Content-Type', PROTOBUF];
    for (const answer of [{ fields, body: 'k8s\0canary' }, answering({ kind: 'Canary' })]) {
      const event = await lastEvent('RequestResponse', `${PODS}/a/proxy/`, {}, 400, answer);
      expect(event).not.toHaveProperty('responseObject');
      expect(event.annotations).not.toHaveProperty('porthole/response-body');
    }
  });

  it('managed fields go where the policy says so, of requests and answers', async () => {
    const managed = { ...POD, metadata: { ...NAME, managedFields: [{ manager: 'kubectl' }] } };
    const omitting = { decide: everythingAt('RequestResponse', [], true) };
    const args = ['RequestResponse', PODS, creating(managed), 201, answering(managed)] as const;
    expect(await lastEvent(...args)).toMatchObject({
      requestObject: managed,
      responseObject: managed,
    });
    expect(await lastEvent(...args, omitting)).toMatchObject({
      requestObject: POD,
      responseObject: POD,
    });
    expect(JSON.stringify(await lastEvent(...args, omitting))).not.toContain('managedFields');
  });
});

describe('secrets', () => {
  const secret = (data: object) => ({ kind: 'Secret', apiVersion: 'v1', metadata: NAME, ...data });
  const canary = secret({ data: { password: 'Y2FuYXJ5' }, stringData: { key: 'canary' } });

  it('are replaced before anything is written', async () => {
    const args = ['RequestResponse', SECRETS, creating(canary), 201, answering(canary)] as const;
    const event = await lastEvent(...args);
    expect(JSON.stringify(event)).not.toMatch(/canary|Y2FuYXJ5/);
    expect(Object.keys(event.requestObject['data'] ?? {})).toEqual(['password']);
    const open = await lastEvent(...args, { recordSecrets: true });
    expect(open).toMatchObject({ requestObject: canary, responseObject: canary });
  });

  it('are not told by a patch, nor by what an API server quotes of a body that it refuses', async () => {
    const patch = { method: 'PATCH', body: '[{"op":"add","path":"/data/a","value":"canary"}]' };
    const failure = {
      ...{ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'BadRequest', code: 400 },
      message: 'cannot be handled, error found in #10 byte of ...|"a":"canary"|..., bigger context',
      details: { causes: [{ message: 'Invalid value: "canary"' }] },
    };
    for (const level of ['Metadata', 'Request', 'RequestResponse'] as const) {
      const event = await lastEvent(level, `${SECRETS}/a`, patch, 400, answering(failure));
      expect(event.responseStatus).toMatchObject({ reason: 'BadRequest', code: 400 });
      expect(JSON.stringify(event)).not.toContain('canary');
    }
  });
});

describe('hostile bodies', () => {
  it.each([
    ['deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['with separators and controls', JSON.stringify({ a: '\u2028\u2029\x7f\x9b\x1b' })],
    ['cut in a character', Buffer.from([0x7b, 0x22, 0xc3])],
  ])('one that is %s leaves one line', async (_, body) => {
    const event = await lastEvent('RequestResponse', PODS, { method: 'POST', body }, 201, { body });
    expect(event.stage).toBe('ResponseComplete');
  });

  it('are let go of, whatever they were', async () => {
    const budget = { left: 100_000 };
    const { log, kept } = newLog({ decide: everythingAt('RequestResponse'), budget });
    const gzip = ['Content-Type', 'application/json', 'Content-Encoding', 'gzip'];
    const answers: Message[] = [answering(POD), { fields: gzip, body: gzipSync('{}') }, {}];
    const broken = { fields: gzip, body: 'no gzip' };
    for (const answer of [...answers, broken, { body: 'x'.repeat(200_000) }])
      new Audited(log, PODS, { method: 'POST', body: '{"a":' }).answer(200, answer).end();
    new Audited(log, PODS, creating(POD)).end('client-gone');
    await log.close();
    expect(kept.lines).toHaveLength(12);
    expect(budget.left).toBe(100_000);
  });
});
