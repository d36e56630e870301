import { describe, expect, it } from 'vitest';
import { CONFIG_MAPS, DEPLOYMENTS, PODS, SERVICES } from '../../../src/demo/resources.ts';
import { ageOf, formatOf } from '../../../src/demo/table.ts';

const KUBECTL = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const metadata = { name: 'x', namespace: 'one' };
const table = (resource: typeof PODS, object: object, query = '') =>
  formatOf(resource, KUBECTL, new URLSearchParams(query)).one({ metadata, ...object });

describe('formatOf', () => {
  it.each([undefined, '*/*', 'application/json', 'application/json,application/json;as=Table'])(
    'writes objects as they are when Accept is %s',
    (accept) => {
      const format = formatOf(DEPLOYMENTS, accept, new URLSearchParams());
      const list = { kind: 'DeploymentList', apiVersion: 'apps/v1', metadata: {} };
      expect(format.one({ metadata })).toEqual({ metadata });
      expect(format.list([{ metadata }], {})).toEqual({ ...list, items: [{ metadata }] });
    },
  );

  it('writes a Table with a row an object when Accept prefers it', () => {
    const pod = {
      spec: { containers: [{}, {}] },
      status: { phase: 'Running', containerStatuses: [{ ready: true }, { ready: false }] },
    };
    expect(table(PODS, pod)).toMatchObject({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      columnDefinitions: [{ name: 'Name' }, { name: 'Ready' }, { name: 'Status' }, { name: 'Age' }],
      rows: [
        {
          cells: ['x', '1/2', 'Running', expect.any(String)],
          object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata },
        },
      ],
    });
  });

  it('puts whole objects into the rows on demand, as kubectl sorts by them', () => {
    const pod = { spec: { containers: [] } };
    expect(table(PODS, pod, 'includeObject=Object')).toMatchObject({ rows: [{ object: pod }] });
  });

  it.each([
    [PODS, {}, ['0/0', '<none>']],
    [PODS, { spec: { containers: 'x' }, status: [] }, ['0/0', '<none>']],
    [PODS, { status: { phase: { toString: 1 } } }, ['0/0', '<none>']],
    [CONFIG_MAPS, { data: { a: '', b: '' } }, [2]],
    [CONFIG_MAPS, { data: null }, [0]],
    [SERVICES, { spec: { ports: [{ port: 80 }] } }, ['<none>', '<none>', '80/<none>']],
  ])('makes cells of whatever is stored', (resource, object, cells) => {
    expect(table(resource, object)).toMatchObject({
      rows: [{ cells: ['x', ...cells, expect.any(String)] }],
    });
  });
});

describe('ageOf', () => {
  it.each([
    [-5, '0s'],
    [119, '119s'],
    [120, '2m'],
    [3 * 3600 - 1, '179m'],
    [3 * 3600, '3h'],
    [48 * 3600 - 1, '47h'],
    [48 * 3600, '2d'],
  ])('%i seconds are %s', (seconds, age) => {
    const created = '2024-01-01T00:00:00Z';
    expect(ageOf(created, Date.parse(created) + seconds * 1000)).toBe(age);
  });

  it('is unknown without a creation time', () => {
    expect(ageOf('<none>', 0)).toBe('<unknown>');
  });
});
