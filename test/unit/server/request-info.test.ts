import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RequestInfo, requestInfo } from '../../../src/server/request-info.ts';
import { parseRequestTarget } from '../../../src/server/request-target.ts';

const read = (method: string, target: string): RequestInfo =>
  requestInfo(method, parseRequestTarget(target));

const ofNothing = {
  isResourceRequest: true,
  apiPrefix: 'api',
  apiGroup: '',
  apiVersion: 'v1',
  namespace: '',
  resource: '',
  subresource: '',
  name: '',
  parts: [],
  longRunning: false,
};

/** `verb namespace resource name subresource`, `-` for nothing, of a core resource. */
const CORE: [method: string, target: string, expected: string][] = [
  ['GET', '/api/v1/namespaces', 'list - namespaces - -'],
  ['GET', '/api/v1/namespaces/other', 'get other namespaces other -'],
  ['GET', '/api/v1/namespaces/other/', 'get other namespaces other -'],
  ['PATCH', '/api/v1/namespaces/other', 'patch other namespaces other -'],
  ['GET', '/api/v1/namespaces/other/pods', 'list other pods - -'],
  ['HEAD', '/api/v1/namespaces/other/pods', 'list other pods - -'],
  ['GET', '/api/v1/namespaces/other/pods/foo', 'get other pods foo -'],
  ['HEAD', '/api/v1/namespaces/other/pods/foo', 'get other pods foo -'],
  ['GET', '/api/v1/pods', 'list - pods - -'],
  ['HEAD', '/api/v1/pods', 'list - pods - -'],
  ['GET', '/api/v1/pods/', 'list - pods - -'],
  ['GET', '//api/v1/pods', 'list - pods - -'],
  ['GET', '/api/v1/proxy/namespaces/other/pods/foo', 'proxy other pods foo -'],
  ['GET', '/api/v1/proxy/namespaces/other/pods/foo/sub/path', 'proxy other pods foo -'],
  ['POST', '/api/v1/proxy/nodes/n', 'proxy - nodes n -'],
  ['GET', '/api/v1/watch/pods', 'watch - pods - -'],
  ['DELETE', '/api/v1/watch/pods', 'watch - pods - -'],
  ['GET', '/api/v1/watch/namespaces/other/pods', 'watch other pods - -'],
  ['GET', '/api/v1/watch/namespaces/other/pods/foo', 'watch other pods foo -'],
  ['GET', '/api/v1/watch/namespaces/other/pods/foo/status', 'watch other pods foo status'],
  ['GET', '/api/v1/pods?watch=true', 'watch - pods - -'],
  ['GET', '/api/v1/pods?watch', 'watch - pods - -'],
  ['GET', '/api/v1/pods?%77atch=yes', 'watch - pods - -'],
  ['GET', '/api/v1/pods?watch=false', 'list - pods - -'],
  ['GET', '/api/v1/namespaces/other/pods?watch=1', 'watch other pods - -'],
  ['GET', '/api/v1/namespaces/other/pods?watch=0', 'list other pods - -'],
  ['GET', '/api/v1/namespaces/other/pods?watch=0&watch=1', 'list other pods - -'],
  ['GET', '/api/v1/namespaces/other/pods/foo?watch=1', 'get other pods foo -'],
  ['POST', '/api/v1/namespaces/other/pods?watch=1', 'create other pods - -'],
  ['GET', '/api/v1/namespaces/other/pods/foo/status', 'get other pods foo status'],
  ['GET', '/api/v1/namespaces/other/pods/foo/proxy/sub', 'get other pods foo proxy'],
  ['PUT', '/api/v1/namespaces/other/finalize', 'update other namespaces other finalize'],
  ['PUT', '/api/v1/namespaces/other/status', 'update other namespaces other status'],
  ['PATCH', '/api/v1/namespaces/other/pods/foo', 'patch other pods foo -'],
  ['PUT', '/api/v1/namespaces/other/pods/foo', 'update other pods foo -'],
  ['DELETE', '/api/v1/namespaces/other/pods/foo', 'delete other pods foo -'],
  ['POST', '/api/v1/namespaces/other/pods', 'create other pods - -'],
  ['DELETE', '/api/v1/nodes', 'deletecollection - nodes - -'],
  ['DELETE', '/api/v1/namespaces', 'deletecollection - namespaces - -'],
  ['DELETE', '/api/v1/namespaces/other/pods', 'deletecollection other pods - -'],
  ['OPTIONS', '/api/v1/pods', '- - pods - -'],
  ['get', '/api/v1/pods', '- - pods - -'],
  ['__proto__', '/api/v1/pods', '- - pods - -'],
  // Decoded once, then read, as the API server does.
  ['POST', '/api/v1/namespaces/other/pods/foo%2Fexec', 'create other pods foo exec'],
  ['POST', '/api/v1/namespaces/other/%70ods', 'create other pods - -'],
  ['GET', '/api/v1/pods//log', 'list - pods - log'],
];

describe('a request for a core resource', () => {
  it.each(CORE)('%s %s is %s', (method, target, expected) => {
    const { verb, namespace, resource, name, subresource, ...rest } = read(method, target);
    const words = [verb, namespace, resource, name, subresource].map((word) => word || '-');
    expect(words.join(' ')).toBe(expected);
    expect(rest).toMatchObject({ isResourceRequest: true, apiPrefix: 'api', apiGroup: '' });
    expect(rest.apiVersion).toBe('v1');
  });
});

describe('groups, versions and parts', () => {
  it('reads a grouped resource', () => {
    expect(read('GET', '/apis/apps/v1beta3/namespaces/ns/deployments/web/scale')).toEqual({
      ...ofNothing,
      verb: 'get',
      apiPrefix: 'apis',
      apiGroup: 'apps',
      apiVersion: 'v1beta3',
      namespace: 'ns',
      resource: 'deployments',
      subresource: 'scale',
      name: 'web',
      parts: ['deployments', 'web', 'scale'],
    });
  });

  it('keeps everything from the resource on in parts', () => {
    expect(read('GET', '/api/v1/proxy/namespaces/other/pods/foo/sub/path').parts).toEqual([
      'pods',
      'foo',
      'sub',
      'path',
    ]);
    expect(read('GET', '/api/v1/namespaces/other/status').parts).toEqual([
      'namespaces',
      'other',
      'status',
    ]);
  });

  it('reads duplicate slashes as empty segments, as the API server does', () => {
    expect(read('GET', '/api//v1/pods')).toEqual({
      ...ofNothing,
      apiVersion: '',
      verb: 'get',
      resource: 'v1',
      name: 'pods',
      parts: ['v1', 'pods'],
    });
  });
});

describe('a request for no resource', () => {
  it.each([
    ['/'],
    ['///'],
    ['/api'],
    ['/api/v1'],
    ['/api/v1/'],
    ['/apis'],
    ['/apis/apps'],
    ['/apis/apps/v1'],
    ['/apis/apps/v1/'],
    ['/apis/version/resource'],
    ['/API/v1/pods'],
    ['/not-api/v1/pods'],
    ['/healthz?watch=true'],
    ['/openapi/v3/apis/apps/v1'],
    ['/debug/pprof/profile'],
  ])('%s has the method as its verb, in lower case', (target) => {
    const nothing = { ...ofNothing, isResourceRequest: false, apiPrefix: '', apiVersion: '' };
    expect(read('GET', target)).toEqual({ ...nothing, verb: 'get' });
    expect(read('WATCH', target)).toEqual({ ...nothing, verb: 'watch' });
  });

  it.each(['/api/v1/watch', '/api/v1/proxy/'])('%s stops at the version', (target) => {
    expect(read('GET', target)).toEqual({ ...ofNothing, verb: 'get' });
  });
});

describe('a field selector on metadata.name', () => {
  const collection = '/apis/group/version/resource';

  it.each([
    ['GET', collection, 'list', ''],
    ['GET', `${collection}?fieldSelector=metadata.name=name1`, 'list', 'name1'],
    ['GET', `${collection}?fieldSelector=metadata.name%3Dname1&limit=500`, 'list', 'name1'],
    ['GET', `${collection}?watch=true&fieldSelector=metadata.name=name1`, 'watch', 'name1'],
    ['GET', `${collection}?fieldSelector=foo=bar`, 'list', ''],
    ['GET', `${collection}?fieldSelector=metadata.name=name1,foo`, 'list', ''],
    ['GET', `${collection}?fieldSelector=metadata.name=name1,foo&watch=true`, 'watch', ''],
    ['GET', `${collection}?fieldSelector=metadata.name=name1,foo&watch=false`, 'list', ''],
    ['GET', `${collection}/name2?fieldSelector=metadata.name=name1`, 'get', 'name2'],
    ['DELETE', `${collection}?fieldSelector=metadata.name=name1`, 'deletecollection', ''],
    ['GET', '/api/v1/watch/pods?fieldSelector=metadata.name=name1', 'watch', ''],
  ])('%s %s is %s of %j', (method, target, verb, name) => {
    expect(read(method, target)).toMatchObject({ verb, name });
  });
});

describe('longRunning', () => {
  const pod = '/api/v1/namespaces/n/pods/p';

  it.each([
    ['/api/v1/pods?watch=1', true],
    ['/api/v1/watch/pods', true],
    ['/api/v1/proxy/nodes/n', true],
    [`${pod}/exec?command=ls`, true],
    [`${pod}/attach`, true],
    [`${pod}/portforward`, true],
    [`${pod}/proxy/metrics`, true],
    ['/api/v1/nodes/n/proxy/logs', true],
    [`${pod}/log?follow=true`, true],
    [`${pod}/log?follow`, true],
    [`${pod}/log`, false],
    [`${pod}/log?follow=false`, false],
    [`${pod}/status?follow=true`, false],
    [pod, false],
    ['/api/v1/namespaces/n/pods/exec', false],
    ['/api/v1/pods', false],
  ])('%s: %s', (target, longRunning) => {
    expect(read('GET', target).longRunning).toBe(longRunning);
  });
});

const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'FOO');
const segment = fc.constantFrom(
  ...['api', 'apis', 'v1', 'apps', 'namespaces', 'n', 'pods', 'watch', 'proxy', 'status', 'log'],
  ...['', 'exec', 'toString', '%20', 'a%2Fb', '%e2%82%ac'],
);
const path = fc.array(segment, { maxLength: 9 }).map((segments) => `/${segments.join('/')}`);

describe('property', () => {
  it('no accepted target makes it throw, and what it says is on the path', () => {
    fc.assert(
      fc.property(method, path, fc.webQueryParameters(), (verb, where, query) => {
        const target = parseRequestTarget(`${where}?${query}`);
        const info = requestInfo(verb, target);
        const segments = target.decodedPath.split('/');
        for (const word of [...info.parts, info.apiGroup, info.apiVersion, info.namespace])
          expect(segments).toContain(word);
        expect(info.parts.slice(0, 1)).toEqual(info.parts.length > 0 ? [info.resource] : []);
      }),
    );
  });

  it('other parameters, and second values of the same ones, change nothing', () => {
    const noise = fc.array(
      fc.constantFrom('limit=5', 'x', 'watchx=1', 'a;watch=1', 'watch=%z', '='),
    );
    const signal = fc.constantFrom('watch=1', 'watch=0', 'fieldSelector=metadata.name=a', 'follow');
    fc.assert(
      fc.property(method, path, signal, noise, noise, (verb, where, one, before, after) => {
        const plain = read(verb, `${where}?${one}`);
        const again = `${one.split('=')[0]}=again`;
        const noisy = read(verb, `${where}?${[...before, one, ...after, again].join('&')}`);
        expect(noisy).toEqual(plain);
      }),
    );
  });

  it('escaping the path changes nothing', () => {
    const escapeAll = (text: string) =>
      [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
    fc.assert(
      fc.property(method, path, (verb, where) => {
        const { decodedPath } = parseRequestTarget(where);
        expect(read(verb, `/${escapeAll(decodedPath.slice(1))}`)).toEqual(read(verb, where));
      }),
    );
  });
});
