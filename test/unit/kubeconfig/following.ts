import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { Follower, type FollowOptions } from '../../../src/kubeconfig/follow/follow.ts';
import type { KubeconfigFlags, ResolvedConfig } from '../../../src/kubeconfig/kubeconfig.ts';
import { type LoadOptions, type Trace, traceLoading } from '../../../src/kubeconfig/load.ts';
import { NOW } from './support.ts';

/** A follower at work, and all that it has done. */
export interface Following {
  readonly follower: Follower;
  readonly taken: ResolvedConfig[];
  readonly warned: string[];
  readonly informed: string[];
  /** How often it has loaded. */
  readonly loads: number;
  /** Resolves when something is true, which is looked at after each thing that the follower does. */
  until(holds: () => boolean): Promise<void>;
  /** Resolves when a sentence like this was said. */
  said(pattern: RegExp): Promise<void>;
  /** The token of the last configuration that was taken. */
  readonly token: string | undefined;
  /** Lets the second pass in which `check` looks only once. */
  nextSecond(): void;
}

/** Follows from what is there now. `more.env` is in place of `HOME`. */
export function follow(
  dir: string,
  flags: KubeconfigFlags = { kubeconfig: 'config' },
  more: Partial<LoadOptions> &
    Pick<Partial<FollowOptions>, 'load' | 'take' | 'pollMs'> & { beforeStart?: () => void } = {},
): Following {
  const { load, take, pollMs, beforeStart, ...changes } = more;
  const given: LoadOptions = {
    flags,
    env: { HOME: dir },
    cwd: dir,
    platform: 'linux',
    now: NOW,
    serviceAccountDir: join(dir, 'no-service-account'),
    ...changes,
  };
  const [taken, warned, informed]: [ResolvedConfig[], string[], string[]] = [[], [], []];
  let [loads, later] = [0, 0];
  const waiting = new Set<() => void>();
  const done = (): void => {
    for (const look of waiting) look();
  };
  const config = traceLoading(given, { warnings: [] });
  beforeStart?.();
  const follower = new Follower({
    config,
    load(trace: Trace) {
      loads++;
      return (load ?? ((into) => traceLoading({ ...given, again: true }, into)))(trace);
    },
    take(config) {
      const isNews = take?.(config) ?? true;
      taken.push(config);
      done();
      return isNews;
    },
    warn(sentence) {
      warned.push(sentence);
      done();
    },
    inform(sentence) {
      informed.push(sentence);
      done();
    },
    ...(pollMs === undefined ? {} : { pollMs }),
  });
  onTestFinished(() => follower.close());
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (holds()) resolve();
      };
      waiting.add(look);
      look();
    });
  const clock = performance.now.bind(performance);
  return {
    follower,
    taken,
    warned,
    informed,
    until,
    said: (pattern) => until(() => [...warned, ...informed].some((text) => pattern.test(text))),
    get loads() {
      return loads;
    },
    get token() {
      return taken.at(-1)?.user.token;
    },
    nextSecond() {
      later += 1_001;
      const spy = vi.spyOn(performance, 'now').mockImplementation(() => clock() + later);
      onTestFinished(() => spy.mockRestore());
    },
  };
}

/** As most programs write: a new file takes the place of the old one. */
export function swap(path: string, content: string): void {
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}
