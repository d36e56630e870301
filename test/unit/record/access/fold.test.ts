import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Folding } from '../../../../src/record/access/fold.ts';
import type { ExchangeRecord, ExchangeStart } from '../../../../src/record/exchange-record.ts';
import { endedRecord, newRecord } from '../record.ts';

/** What a folding wrote: paths of single lines, and kinds with counts of folded ones. */
function folding(prefix = '/') {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const written: string[] = [];
  const fold = new Folding(
    {
      one: (record) => written.push(record.path),
      several: ({ kind, count }) => written.push(`${kind} x${count}`),
    },
    prefix,
  );
  return { written, fold };
}

function noise(path: string, differing: Partial<ExchangeStart> = {}): ExchangeRecord {
  const record = newRecord({ path, ...differing });
  record.verb = 'get';
  record.status = 200;
  record.bytesOut = 100;
  record.end('ok', record.startedAt + 10);
  return record;
}

const POD = '/api/v1/namespaces/default/pods/web-0';

describe('Folding', () => {
  it.each([
    ['discovery', '/api'],
    ['discovery', '/api/'],
    ['discovery', '/api/v1'],
    ['discovery', '/apis'],
    ['discovery', '/apis/apps'],
    ['discovery', '/apis/apps/v1'],
    ['discovery', '/openapi/v2'],
    ['discovery', '/openapi/v3/apis/apps/v1'],
    ['discovery', '/version'],
    ['health', '/healthz'],
    ['health', '/livez/ping'],
    ['health', '/readyz'],
  ])('makes one line of %s: %s', (kind, path) => {
    const { written, fold } = folding();
    for (let i = 0; i < 3; i++) fold.take(noise(path));
    expect(written).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(written).toEqual([`${kind} x3`]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(['/', '/api/v1/pods', '/apis/a/b/c', '/metrics', '/versions', '/healthzz', '/logs/api'])(
    'writes others at once: %s',
    (path) => {
      const { written, fold } = folding();
      fold.take(noise(path));
      expect(written).toEqual([path]);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it.each<[string, Partial<ExchangeRecord>]>([
    ['an answer that says no', { status: 403 }],
    ['no answer', { status: undefined, outcome: 'upstream-failed' }],
    ['a client that left', { outcome: 'client-gone' }],
    ['something that was sent', { method: 'POST' }],
    ['a resource of that name', { resource: 'api' }],
  ])('writes at once: %s', (_, differing) => {
    const { written, fold } = folding();
    fold.take(Object.assign(noise('/api'), differing));
    expect(written).toEqual(['/api']);
  });

  it('writes a single one as what it is, when nothing joined it for a second', () => {
    const { written, fold } = folding();
    fold.take(noise('/api'));
    vi.advanceTimersByTime(999);
    expect(written).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(written).toEqual(['/api']);
  });

  it('writes what it holds of a client before the next line of it, and leaves other clients', () => {
    const { written, fold } = folding();
    fold.take(noise('/api', { userAgent: 'other' }));
    fold.take(noise('/apis', { userAgent: 'other' }));
    fold.take(noise('/api'));
    fold.take(noise('/apis'));
    fold.take(endedRecord());
    expect(written).toEqual(['discovery x2', POD]);
    fold.take(noise('/api'));
    fold.before(endedRecord());
    expect(written).toEqual(['discovery x2', POD, '/api']);
    fold.flush();
    expect(written.at(-1)).toBe('discovery x2');
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each<[string, Partial<ExchangeStart>]>([
    ['address', { clientAddress: '::1' }],
    ['program', { userAgent: 'helm' }],
    ['run of kubectl', { kubectlSession: 'c0ffee' }],
  ])('tells clients apart by their %s', (_, differing) => {
    const { written, fold } = folding();
    for (let i = 0; i < 2; i++) {
      fold.take(noise('/api'));
      fold.take(noise('/api', differing));
    }
    vi.advanceTimersByTime(1000);
    expect(written).toEqual(['discovery x2', 'discovery x2']);
  });

  it("writes what it holds of a program's last run before the next run's lines", () => {
    const { written, fold } = folding();
    for (const path of ['/api', '/apis']) fold.take(noise(path, { kubectlSession: 'first' }));
    fold.take(endedRecord({ kubectlSession: 'second' }));
    expect(written).toEqual(['discovery x2', POD]);
  });

  it('writes each second for itself, in order, however long it goes on', () => {
    const { written, fold } = folding();
    for (let i = 0; i < 25; i++) {
      fold.take(noise('/healthz'));
      if (i === 4) fold.take(noise('/api', { userAgent: 'other' }));
      vi.advanceTimersByTime(100);
    }
    vi.advanceTimersByTime(1000);
    expect(written).toEqual(['health x10', '/api', 'health x10', 'health x5']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not mix health checks into discovery', () => {
    const { written, fold } = folding();
    for (const path of ['/api', '/apis', '/readyz', '/readyz']) fold.take(noise(path));
    fold.flush();
    expect(written).toEqual(['discovery x2', 'health x2']);
  });

  it('sums up what it folds', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const folded: unknown[] = [];
    const fold = new Folding({ one() {}, several: (several) => folded.push(several) }, '/');
    const first = noise('/api', { startedAt: 1000 });
    fold.take(first);
    fold.take(noise('/apis', { startedAt: 900 }));
    fold.take(noise('/version', { startedAt: 1500 }));
    fold.flush();
    fold.take(noise('/api'));
    fold.take(Object.assign(noise('/api'), { status: 304 }));
    fold.flush();
    expect(folded).toEqual([
      expect.objectContaining({
        kind: 'discovery',
        first,
        count: 3,
        startedAt: 900,
        endedAt: 1510,
        status: 200,
        bytesOut: 300,
      }),
      expect.objectContaining({ count: 2, status: undefined }),
    ]);
  });

  it('knows the API below the prefix that it is served at, and there only', () => {
    const { written, fold } = folding('/k8s/');
    fold.take(noise('/k8s/api'));
    fold.take(noise('/k8s/apis'));
    fold.take(noise('/api'));
    expect(written).toEqual(['discovery x2', '/api']);
  });

  it('holds little, whatever clients call themselves', () => {
    const { written, fold } = folding();
    for (let i = 0; i < 1000; i++) fold.take(noise('/api', { userAgent: `client-${i}` }));
    expect(written.length).toBeGreaterThan(900);
  });
});
