import type { AuditReportOptions } from '../options.ts';
import type { ObjectReference } from '../review/event.ts';
import { review } from '../review/review.ts';
import { meantBy } from '../server/known-resources.ts';
import { requestInfo } from '../server/request-info.ts';
import { parseRequestTarget, type RequestTarget } from '../server/request-target.ts';
import { EXIT_CODES, type Terminal } from './terminal.ts';

/**
 * `porthole audit`: what do audit files tell? Resolves to the exit code: 0, also when nothing was found or nobody read to the
 * end; 1 when a file could not be read; with --follow, that of the signal that ended it.
 */
export async function auditCommand(
  options: AuditReportOptions,
  terminal: Terminal,
): Promise<number> {
  const stop = new AbortController();
  let code: number | undefined;
  // Without --follow, a signal may end it at once, as it ends cat.
  const unsubscribe = options.follow
    ? terminal.onSignal((signal) => {
        code = EXIT_CODES[signal];
        stop.abort();
      })
    : () => {};
  try {
    const isWhole = await review(options, {
      // A reader that stands still must not keep it from ending.
      write: (text) => unlessAborted(terminal.write(text), stop.signal),
      say: terminal.say,
      stdin: terminal.stdin,
      signal: stop.signal,
      meantBy,
      readUri,
    });
    return code ?? (isWhole ? 0 : 1);
  } finally {
    unsubscribe();
  }
}

/** What is awaited, or false when the signal aborts. A race would keep something of each text for as long as there is a signal. */
function unlessAborted(written: Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (value: boolean) => {
      signal.removeEventListener('abort', onAbort);
      resolve(value);
    };
    const onAbort = () => end(false);
    signal.addEventListener('abort', onAbort);
    written.then(end);
  });
}

/** What a request is about, by the URI alone: the verb of a legacy line is not its method. */
function readUri(uri: string): ObjectReference | undefined {
  const target = targetOf(uri);
  const info = target && requestInfo('GET', target);
  return info?.isResourceRequest ? info : undefined;
}

/** Undefined for what porthole would not forward; an API server may have answered it. */
function targetOf(uri: string): RequestTarget | undefined {
  try {
    return parseRequestTarget(uri);
  } catch {
    return undefined;
  }
}
