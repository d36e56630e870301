import type { ExchangeStart } from '../../../src/record/exchange-record.ts';
import { ExchangeRecord } from '../../../src/record/exchange-record.ts';

/** A record of `GET /api/v1/namespaces/default/pods/web-0`, with what a test wants to differ. */
export function newRecord(
  differing: Partial<ExchangeStart> = {},
  onEnd: (record: ExchangeRecord) => void = () => {},
): ExchangeRecord {
  return new ExchangeRecord(
    {
      auditID: '6f1f4c3e-1f7a-4b8e-9d2c-0123456789ab',
      time: Date.UTC(2026, 10, 22, 13, 5, 10, 885),
      startedAt: 1000,
      method: 'GET',
      path: '/api/v1/namespaces/default/pods/web-0',
      query: '',
      version: '1.1',
      clientAddress: '127.0.0.1:43210',
      userAgent: 'kubectl/v1.35.2 (linux/amd64) kubernetes/fdc9d74',
      referer: undefined,
      kubectlCommand: undefined,
      kubectlSession: undefined,
      ...differing,
    },
    onEnd,
  );
}

/** The same, answered with 200 after 12.3456 ms. */
export function endedRecord(differing: Partial<ExchangeStart> = {}): ExchangeRecord {
  const record = newRecord(differing);
  record.verb = 'get';
  record.apiVersion = 'v1';
  record.resource = 'pods';
  record.namespace = 'default';
  record.name = 'web-0';
  record.status = 200;
  record.authMs = 0.0123456;
  record.connectMs = 0;
  record.ttfbMs = 8.1;
  record.bytesOut = 2630;
  record.reused = true;
  record.end('ok', 1012.3456);
  return record;
}
