import type { ExchangeRecord } from '../exchange-record.ts';

/**
 * An entry's `timings` in ms, and their sum as its `time` (-1 is "does not apply", and `ssl` is a part of `connect`). What is
 * not of the connection or of the answer's body is `wait`, the sending of the request too: that is not measured. `blocked`
 * is what credentials and a connection out of the pool took. `respondedAt` is of `performance.now()`.
 */
export function timings(record: ExchangeRecord, respondedAt: number | undefined) {
  const { authMs = 0, connectMs = 0, dialMs, dnsMs, tlsMs, durationMs } = record;
  const dialled = dialMs === undefined ? 0 : dialMs + (tlsMs ?? 0);
  const head = respondedAt === undefined ? durationMs : respondedAt - record.startedAt;
  const parts = {
    blocked: micros(authMs + Math.max(0, connectMs - dialled)),
    dns: dialMs === undefined || dnsMs === undefined ? -1 : micros(dnsMs),
    connect: dialMs === undefined ? -1 : micros(dialled - (dnsMs ?? 0)),
    ssl: dialMs === undefined || tlsMs === undefined ? -1 : micros(tlsMs),
    send: 0,
    wait: micros(head - authMs - Math.max(connectMs, dialled)),
    receive: micros(durationMs - head),
  };
  const { blocked, dns, connect, wait, receive } = parts;
  const sum = blocked + Math.max(0, dns) + Math.max(0, connect) + wait + receive;
  return { time: micros(sum), ...parts };
}

/** To a microsecond, and never below 0. */
function micros(ms: number): number {
  return Math.max(0, Math.round(ms * 1000) / 1000);
}
