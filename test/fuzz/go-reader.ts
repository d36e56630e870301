// Go's net/http, in a process of its own: see test/support/go/reader.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Reading } from './reading.ts';

/** Reads messages as Go does. */
export class GoReader {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #waiting = new Map<
    number,
    { resolve: (read: Reading) => void; reject: (e: Error) => void }
  >();
  #asked = 0;
  #ended: Error | undefined;

  private constructor(process: ChildProcess, folder: string) {
    this.#process = process;
    this.#folder = folder;
    if (process.stdout === null) throw new Error('the Go reader has no output');
    createInterface({ input: process.stdout }).on('line', (line) => {
      const { id, ...read } = JSON.parse(line);
      this.#waiting.get(id)?.resolve(read);
      this.#waiting.delete(id);
    });
    process.stdin?.on('error', () => {});
    const end = (why: unknown): void => {
      this.#ended ??= new Error(`the Go reader has ended: ${why}`);
      for (const { reject } of this.#waiting.values()) reject(this.#ended);
      this.#waiting.clear();
    };
    process.on('error', end).on('exit', end);
  }

  /** Whether there is a Go to build it with. */
  static get available(): boolean {
    return spawnSync('go', ['version']).status === 0;
  }

  /** Builds the program from `source`, a folder, and starts it. Needs `go` on PATH (Debian's golang-go). */
  static start(source: string): GoReader {
    const folder = mkdtempSync(join(tmpdir(), 'porthole-go-'));
    const program = join(folder, 'reader');
    // Nothing but the standard library: there is nothing to fetch.
    const env = { ...process.env, GOFLAGS: '-mod=mod', GOPROXY: 'off', GO111MODULE: 'on' };
    execFileSync('go', ['build', '-o', program, '.'], { cwd: source, env, stdio: 'inherit' });
    const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    return new GoReader(child, folder);
  }

  /** All requests that a server reads from `bytes`. */
  requests(bytes: string): Promise<Reading> {
    return this.#ask({ requests: true, bytes });
  }

  /** What a client that has sent requests with `methods` reads as the answers; `cut` if the connection was reset then. */
  answers(bytes: string, methods: readonly string[], cut: boolean): Promise<Reading> {
    return this.#ask({ bytes, methods, cut });
  }

  #ask(question: object): Promise<Reading> {
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      this.#waiting.set(id, { resolve, reject });
      this.#process.stdin?.write(`${JSON.stringify({ id, ...question })}\n`);
    });
  }

  async stop(): Promise<void> {
    this.#process.stdin?.end();
    if (this.#process.exitCode === null) await once(this.#process, 'exit');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
