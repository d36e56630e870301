import { describe, expect, it } from 'vitest';
import { PortholeError } from '../../../../src/errors.ts';
import { Audited, everythingAt, newLog } from './audited.ts';

const PODS = '/api/v1/namespaces/default/pods';

function stagesOf(target: string, method = 'GET'): string[] {
  const { log, kept } = newLog();
  new Audited(log, target, { method }).answer(200).end();
  return kept.events.map(({ stage }) => stage);
}

describe('stages', () => {
  it.each([
    [`${PODS}?watch=true`],
    ['/api/v1/watch/pods'],
    [`${PODS}/web-0/log`],
    [`${PODS}/web-0/log?follow=true`],
    [`${PODS}/web-0/exec?command=ls`],
    [`${PODS}/web-0/attach`],
    [`${PODS}/web-0/portforward`],
    [`${PODS}/web-0/proxy/index.html`],
    ['/api/v1/nodes/n1/proxy/metrics'],
    ['/debug/pprof/profile'],
  ])('has an event when the answer of %s starts', (target) => {
    expect(stagesOf(target)).toEqual(['RequestReceived', 'ResponseStarted', 'ResponseComplete']);
  });

  it.each([[PODS], [`${PODS}/web-0`], [`${PODS}/web-0/status`], ['/version'], [`${PODS}?watch=0`]])(
    'has two events of %s',
    (target) => {
      expect(stagesOf(target)).toEqual(['RequestReceived', 'ResponseComplete']);
    },
  );

  it('tells the code of an upgrade when it is made', () => {
    const { log, kept } = newLog();
    const exec = new Audited(log, `${PODS}/web-0/exec?command=ls`).answer(101);
    expect(kept.events.at(-1)).toMatchObject({
      stage: 'ResponseStarted',
      responseStatus: { metadata: {}, code: 101 },
    });
    exec.end();
    expect(kept.events.at(-1)).toMatchObject({
      stage: 'ResponseComplete',
      responseStatus: { metadata: {}, code: 101 },
    });
  });

  it('leaves out those that the policy omits', () => {
    const { log, kept } = newLog({
      decide: everythingAt('Metadata', ['RequestReceived', 'ResponseStarted']),
    });
    new Audited(log, `${PODS}?watch=1`).answer(200).end();
    expect(kept.events.map(({ stage }) => stage)).toEqual(['ResponseComplete']);
  });

  it('leaves out the last one too, if that is what the policy says', () => {
    const { log, kept } = newLog({ decide: everythingAt('Metadata', ['ResponseComplete']) });
    new Audited(log, PODS).answer(200).end();
    expect(kept.events.map(({ stage }) => stage)).toEqual(['RequestReceived']);
  });

  it('has no event of what the policy does not record', () => {
    const { log, kept } = newLog({ decide: everythingAt('None') });
    const exchange = new Audited(log, PODS).answer(200).end();
    expect(exchange.record.trail).toBeUndefined();
    expect(kept.lines).toEqual([]);
  });

  it.each([
    ['/k8s/', '/k8s/heal%74hz', '/healthz'],
    ['/k8s/', '/other', '/other'],
    ['/', '/broken%zz', '/broken%zz'],
    ['/api/', '/api/v1', '/api/v1'],
  ])('asks the policy about the path as the API server gets it: below %s, %s is %s', (...args) => {
    const [apiPrefix, path, seen] = args;
    const paths: string[] = [];
    const { log } = newLog({
      apiPrefix,
      decide(attributes) {
        paths.push(attributes.path);
        return { level: 'None', omitStages: new Set(), omitManagedFields: false };
      },
    });
    new Audited(log, '/', { start: { path } });
    expect(paths).toEqual([seen]);
  });
});

describe('in strict mode', () => {
  it('lets a request go on once its event is written, whatever stages the policy omits', async () => {
    const { log, kept } = newLog({
      strict: true,
      decide: everythingAt('Metadata', ['RequestReceived']),
    });
    const exchange = new Audited(log, PODS);
    expect(kept.lines).toEqual([]);
    await exchange.record.trail?.admitted?.();
    expect(kept.events).toMatchObject([{ stage: 'RequestReceived' }]);
    exchange.answer(200).end();
    expect(kept.events.map(({ stage }) => stage)).toEqual(['RequestReceived', 'ResponseComplete']);
  });

  it('tells of a request once, when it is admitted', async () => {
    const { log, kept } = newLog({ strict: true });
    const exchange = new Audited(log, PODS);
    await exchange.record.trail?.admitted?.();
    expect(kept.events.map(({ stage }) => stage)).toEqual(['RequestReceived']);
  });

  it('tells of one that is never admitted, too', () => {
    const { log, kept } = newLog({ strict: true });
    const watch = new Audited(log, `${PODS}?watch=1`);
    expect(kept.lines).toEqual([]);
    watch.refuse(new PortholeError('ERR_DENIED', 'no watches here'));
    expect(kept.events.map(({ stage }) => stage)).toEqual([
      'RequestReceived',
      'ResponseStarted',
      'ResponseComplete',
    ]);
  });

  it('leaves out the first event of one that is never admitted if the policy says so', () => {
    const decide = everythingAt('Metadata', ['RequestReceived']);
    const { log, kept } = newLog({ strict: true, decide });
    new Audited(log, PODS).refuse(new PortholeError('ERR_DENIED', 'not this'));
    expect(kept.events.map(({ stage }) => stage)).toEqual(['ResponseComplete']);
  });

  it('refuses one whose event can not be written', async () => {
    const { log, kept } = newLog({ strict: true });
    kept.full = true;
    const exchange = new Audited(log, PODS);
    await expect(exchange.record.trail?.admitted?.()).rejects.toMatchObject({ code: 'ERR_AUDIT' });
    kept.full = false;
    exchange.refuse(new PortholeError('ERR_AUDIT', 'the audit log is full'));
    expect(kept.events).toMatchObject([
      { stage: 'ResponseComplete', responseStatus: { code: 500, reason: 'InternalError' } },
    ]);
  });

  it('does not fail for a last event that can not be written', () => {
    const { log, kept } = newLog({ strict: true });
    kept.full = true;
    expect(() => new Audited(log, PODS).answer(200).end()).not.toThrow();
  });
});

describe('a full sink', () => {
  it.each(['json', 'legacy'] as const)('says in %s how many events are missing', (format) => {
    const { log, kept } = newLog({ format });
    kept.full = true;
    new Audited(log, PODS).answer(200).end();
    expect(log.dropped).toBe(2);
    kept.full = false;
    kept.onRoom(2);
    if (format === 'legacy') expect(kept.lines[0]).toMatch(/ AUDIT: id=".*" dropped-events="2"\n$/);
    else
      expect(kept.events).toMatchObject([
        {
          ...{ kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: 'Metadata' },
          ...{ stage: 'ResponseComplete', annotations: { 'porthole/dropped-events': '2' } },
        },
      ]);
  });
});

describe('last events', () => {
  it('are written together a little later, and before the log is closed', async () => {
    const { log, kept } = newLog({ soon: setImmediate });
    for (const code of [200, 404]) new Audited(log, PODS).answer(code).end();
    const last = () => kept.events.filter(({ stage }) => stage === 'ResponseComplete');
    expect(last()).toEqual([]);
    await log.close();
    expect(last().map(({ responseStatus }) => responseStatus.code)).toEqual([200, 404]);
    // What was to come later comes no second time.
    await new Promise(setImmediate);
    expect(last()).toHaveLength(2);
  });
});
