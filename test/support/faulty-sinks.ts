// Places for a log that stop taking lines, and take them again.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { emptyFolder } from './cli.ts';
import { RunningCommand } from './process.ts';

/** A folder for logs that breaks. */
export interface FaultySink {
  /** The path of a log in it. */
  path(name: string): string;
  /** From now on it takes no lines, at the latest when it has taken a MiB. */
  fail(pid: number): void | Promise<void>;
  /** And now it does again. */
  recover(pid: number): void | Promise<void>;
  /** What it took can be read at any time; else only once nobody writes there any more. */
  readonly isReadable: boolean;
  /** All that it took for a log. */
  textOf(name: string): Promise<string>;
}

/** FIFOs. Broken, their reader does not read, or is `gone`. */
export function pipes(kind: 'stalled' | 'gone'): FaultySink {
  const folder = emptyFolder();
  const readers = new Map<string, Reader>();
  const all = () => [...readers.values()];
  return {
    isReadable: false,
    path(name) {
      readers.set(name, new Reader(join(folder, name)));
      return join(folder, name);
    },
    async fail() {
      // One that stalls has never read.
      if (kind === 'stalled') return;
      for (const reader of all()) reader.close();
    },
    async recover() {
      await Promise.all(all().map((reader) => reader.begin()));
    },
    textOf: async (name) => (await readers.get(name)?.text()) ?? '',
  };
}

class Reader {
  readonly #fifo: string;
  /** Reads nothing: without it, nobody could open the FIFO to write. */
  #fd: number | undefined;
  #cat: RunningCommand | undefined;

  constructor(fifo: string) {
    this.#fifo = fifo;
    execFileSync('mkfifo', ['-m', '600', fifo]);
    this.#fd = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    onTestFinished(() => this.close());
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  async begin(): Promise<void> {
    const script = 'exec < "$0"; echo open >&2; exec cat';
    this.#cat = new RunningCommand('sh', ['-c', script, this.#fifo]);
    await this.#cat.waitFor('stderr', /open/);
    this.close();
  }

  async text(): Promise<string> {
    await this.#cat?.exited;
    return this.#cat?.stdout ?? '';
  }
}

/** Files in a folder that is removed with them, and made again. */
export function removedFolder(): FaultySink {
  const folder = join(emptyFolder(), 'logs');
  const removed = new Map<string, string>();
  mkdirSync(folder);
  return {
    isReadable: true,
    path: (name) => join(folder, name),
    fail() {
      const files = readdirSync(folder).map(
        (name) => [name, openSync(join(folder, name), 'r')] as const,
      );
      rmSync(folder, { recursive: true });
      for (const [name, fd] of files) {
        removed.set(name, readFileSync(fd, 'utf8'));
        closeSync(fd);
      }
    },
    recover: () => mkdirSync(folder),
    async textOf(name) {
      const path = join(folder, name);
      const after = existsSync(path) ? readFileSync(path, 'utf8') : '';
      // What went into the removed file after its removal is in the new one, too.
      return [...new Set(((removed.get(name) ?? '') + after).split('\n'))].join('\n');
    },
  };
}

/** Files that may not grow, by the limit of the process. */
export function limitedFiles(): FaultySink {
  const folder = emptyFolder();
  const limit = (pid: number, bytes: string) =>
    void execFileSync('prlimit', [`--pid=${pid}`, `--fsize=${bytes}:`]);
  return {
    isReadable: true,
    path: (name) => join(folder, name),
    fail: (pid) => limit(pid, String(1024 * 1024 + 99)),
    recover: (pid) => limit(pid, 'unlimited'),
    textOf: async (name) => readFileSync(join(folder, name), 'utf8'),
  };
}

/** Files on a file system of some MiB, of which one is left when it is broken. Needs root. */
export function smallDisk(): FaultySink {
  const folder = emptyFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128m', 'tmpfs', folder]);
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', folder]);
    rmdirSync(folder);
  });
  const ballast = join(folder, 'ballast');
  return {
    isReadable: true,
    path: (name) => join(folder, name),
    fail: () => writeFileSync(ballast, Buffer.alloc(127 * 1024 * 1024)),
    recover: () => rmSync(ballast),
    textOf: async (name) => readFileSync(join(folder, name), 'utf8'),
  };
}
