import { close, fstatSync, openSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { FileEnd, type FileEndOptions } from './file-end.ts';
import type { LogEnd } from './log-end.ts';
import { APPEND } from './open-file.ts';

const writeTo = promisify(write);

/**
 * A file as a place for lines: appended to, created for its owner alone (0600) when it is missing.
 * @throws {PortholeError} `ERR_LOG_FILE`, and for a private file `ERR_AUDIT_LOG`
 */
export function openLogFile(file: string, options: FileEndOptions = {}): LogEnd {
  return new FileEnd(file, options);
}

/**
 * An open descriptor, such as stderr, as a place for the log. Pipes and terminals are opened anew, as libuv does with
 * terminals, because O_NONBLOCK on the descriptor itself would befall every process that shares it.
 */
export function borrowDescriptor(fd: number): LogEnd {
  const name = `descriptor ${fd}`;
  try {
    const stat = fstatSync(fd);
    if (stat.isFIFO() || stat.isCharacterDevice())
      return new DescriptorEnd(name, openSync(`/dev/fd/${fd}`, APPEND), true);
  } catch {
    // Not ours to open (a container's pipe, another user's terminal), or no /dev/fd here: it is used as it is.
  }
  return new DescriptorEnd(name, fd, false);
}

class DescriptorEnd implements LogEnd {
  readonly name: string;
  readonly #fd: number;
  /** We opened it, so we close it. */
  readonly #isOwn: boolean;

  constructor(name: string, fd: number, isOwn: boolean) {
    this.name = name;
    this.#fd = fd;
    this.#isOwn = isOwn;
  }

  async write(bytes: Buffer): Promise<number> {
    return (await writeTo(this.#fd, bytes)).bytesWritten;
  }

  /** A descriptor has no name that could have moved on. */
  reopen(): void {}

  close(): Promise<void> {
    if (!this.#isOwn) return Promise.resolve();
    return new Promise((resolve) => close(this.#fd, () => resolve()));
  }
}
