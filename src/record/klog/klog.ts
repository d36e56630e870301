import type { ReadYaml } from '../body/content.ts';
import type { Recorder } from '../recorder.ts';
import type { LineSink } from '../sink/line-sink.ts';
import { BodiesTrail } from './bodies-trail.ts';
import { HeadsTrail, type KlogUpstream } from './heads-trail.ts';
import { Klog } from './log.ts';

export interface KlogOptions {
  /** klog's; nothing is logged below 6, and above 10 it is 10. */
  readonly level: number;
  readonly sink: Pick<LineSink, 'write'>;
  readonly pid: number;
  readonly upstream: () => KlogUpstream;
  readonly readYaml?: ReadYaml | undefined;
}

/** What copies of bodies may hold together. Bytes. */
const MAX_COPIES = 32 * 1024 * 1024;

/**
 * Tells of each request to the API server what kubectl v1.35 tells of its own at `-v=6` to `-v=10` (client-go
 * `transport/round_trippers.go`, `rest/request.go`), in klog's format. More is masked than kubectl masks.
 */
export function createKlog(options: KlogOptions): Recorder {
  const { level, sink, pid, upstream, readYaml } = options;
  if (level < 6) return {};
  const log = new Klog(level, sink, pid);
  if (level < 8)
    return { begin: (record, request) => new HeadsTrail(log, upstream, record, request) };
  const means = { budget: { left: MAX_COPIES }, readYaml };
  return { begin: (record, request) => new BodiesTrail(log, upstream, record, request, means) };
}
