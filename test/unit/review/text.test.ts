import { describe, expect, it } from 'vitest';
import { textLine } from '../../../src/review/text.ts';
import { eventWith } from './event.ts';

const behindTime = (fields: object = {}) => textLine(eventWith(fields)).slice(24);

describe('the line of an event', () => {
  it('tells when, how it ended, what was done to what by whom, how long it took and with what', () => {
    expect(textLine(eventWith())).toMatch(
      /^2026-11-2\d \d\d:\d\d:10\.885 200 get {4}pods\/default\/web-0 {27}alice {23}12ms kubectl\/v1\.35\.2\n$/,
    );
  });

  it.each<[string, object, RegExp]>([
    [
      'names group, name and subresource',
      {
        objectRef: {
          resource: 'deployments',
          apiGroup: 'apps',
          namespace: 'a',
          name: 'b',
          subresource: 'scale',
        },
      },
      / deployments\.apps\/a\/b\/scale /,
    ],
    [
      'names a namespace once',
      {
        objectRef: { resource: 'namespaces', namespace: 'a', name: 'a' },
      },
      / namespaces\/a /,
    ],
    [
      'has the path of what is no resource, without its query',
      {
        objectRef: undefined,
        requestURI: '/healthz?verbose',
      },
      / \/healthz /,
    ],
    ['tells who was impersonated', { impersonatedUser: { username: 'bob' } }, / alice as bob /],
    [
      'has the command of kubectl',
      {
        annotations: { 'porthole/kubectl-command': 'kubectl get' },
      },
      / kubectl get\n$/,
    ],
    [
      'has the outcome that porthole noted',
      {
        annotations: { 'porthole/outcome': 'refused', 'porthole/error': 'ERR_DENIED' },
      },
      / kubectl\/v1\.35\.2 refused ERR_DENIED\n$/,
    ],
    [
      'tells of a stage that is not the last',
      {
        stage: 'ResponseStarted',
      },
      / - kubectl\/v1\.35\.2 ResponseStarted\n$/,
    ],
    [
      'has dashes for what is not known',
      {
        verb: '',
        user: {},
        userAgent: '',
        responseStatus: undefined,
        stageTimestamp: null,
      },
      /^ {2}- - {6}pods\/default\/web-0 +- +- -\n$/,
    ],
  ])('%s', (_, fields, expected) => {
    expect(behindTime(fields)).toMatch(expected);
  });

  it('keeps its columns when a text is a little too long', () => {
    const [short, long] = ['get', 'deletecollection'].map((verb) => textLine(eventWith({ verb })));
    expect(long?.indexOf('alice')).toBe(short?.indexOf('alice'));
    expect(long?.indexOf('12ms')).toBe(short?.indexOf('12ms'));
  });

  it('is one line that cannot steer a terminal, whatever is in the event', () => {
    const evil = '\x1b]0;x\x07\n\r\x9b31m\u2028\u202e\x7f';
    const line = textLine(
      eventWith({
        verb: evil,
        stage: evil,
        user: { username: evil },
        impersonatedUser: { username: evil },
        userAgent: evil.replace(' ', ''),
        requestURI: evil,
        objectRef: { resource: evil, namespace: evil, name: evil, apiGroup: evil },
        annotations: { 'porthole/outcome': evil, 'porthole/kubectl-command': evil },
      }),
    );
    expect(line).toMatch(/^[\x20-\x7e]+\n$/);
  });

  it('is bounded', () => {
    const long = 'x'.repeat(100_000);
    const fields = {
      verb: long,
      requestURI: long,
      objectRef: undefined,
      userAgent: long,
      stage: long,
    };
    expect(textLine(eventWith({ ...fields, user: { username: long } })).length).toBeLessThan(700);
  });

  it('says that events were dropped, where they were', () => {
    const line = textLine(eventWith({ annotations: { 'porthole/dropped-events': '41' } }));
    expect(line).toMatch(/^2026-11-2\d \d\d:\d\d:10\.897 \.\.\. 41 events were dropped here\n$/);
  });
});
