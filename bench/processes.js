// The programs of a bench: started, watched for their address, and ended in the reverse order, so that proxies go before
// the API server that was started for them. They end with us, on Ctrl-C too.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

const END_WITHIN_MS = 5000;
const KEPT_STDERR = 4096;

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/** @type {ChildProcess[]} in the order of their start */
const children = [];
/** @type {WeakMap<ChildProcess, string>} the last of what each wrote to stderr, for the sentence when it fails */
const lastWords = new WeakMap();

/** @type {WeakMap<ChildProcess, Promise<void>>} */
const endings = new WeakMap();

let listens = false;
let interrupted = false;

/** Ctrl-C leaves nobody behind. */
function endOnSignals() {
  if (listens) return;
  listens = true;
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.once(signal, async () => {
      interrupted = true;
      await endAll();
      process.exit(signal === 'SIGINT' ? 130 : 143);
    });
  }
}

/**
 * Starts a program that `endAll` ends. Its stdout is a pipe for the caller; its stderr stays out of the terminal
 * (`kubectl proxy` writes a line for each connection that wrk cuts), and its end is kept for `failure`.
 * @param {string} program
 * @param {readonly string[]} [args]
 * @param {{ env?: Record<string, string | undefined>, stdin?: 'ignore' | 'pipe' }} [options] `env` is added to ours
 * @returns {ChildProcess}
 */
export function start(program, args = [], { env = {}, stdin = 'ignore' } = {}) {
  endOnSignals();
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: [stdin, 'pipe', 'pipe'],
  });
  children.push(child);
  child.once('exit', () => forget(child));
  lastWords.set(child, '');
  child.stderr?.on('data', (bytes) => {
    lastWords.set(child, (lastWords.get(child) + String(bytes)).slice(-KEPT_STDERR));
  });
  // Without a listener a program that is not there would end the bench with a stack trace; `portOf` tells it.
  child.on('error', (error) => lastWords.set(child, error.message));
  return child;
}

/**
 * The error of a child that ended too early, with what it said last.
 * @param {ChildProcess} child
 */
export function failure(child) {
  if (interrupted) return new Error('interrupted');
  const said = lastWords.get(child)?.trim();
  const how = child.exitCode ?? child.signalCode ?? 'no start';
  return new Error(`${child.spawnfile} ended early (${how})${said ? `: ${said}` : ''}`);
}

/**
 * The port that a proxy prints: "Starting to serve on 127.0.0.1:N". Its stdout is drained from then on.
 * @param {ChildProcess} child
 * @returns {Promise<number>}
 */
export function portOf(child) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (bytes) => {
      if (text.length < KEPT_STDERR) text += bytes;
      const found = /Starting to serve on 127\.0\.0\.1:(\d+)/.exec(text);
      if (found !== null) resolve(Number(found[1]));
    });
    child.once('close', () => reject(failure(child)));
    child.once('error', () => reject(failure(child)));
  });
}

/**
 * Ends one child: SIGTERM, and SIGKILL after five seconds. Asked twice, it is told once.
 * @param {ChildProcess} child
 * @returns {Promise<void>}
 */
export function end(child) {
  const begun = endings.get(child) ?? terminate(child);
  endings.set(child, begun);
  return begun;
}

/** @param {ChildProcess} child */
async function terminate(child) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    forget(child);
    return;
  }
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
  await ended;
  clearTimeout(timer);
}

/** @param {ChildProcess} child */
function forget(child) {
  const at = children.indexOf(child);
  if (at !== -1) children.splice(at, 1);
}

/** Ends all children, the last started first. */
export async function endAll() {
  while (children.length > 0) await end(children[children.length - 1]);
}

/**
 * A port of 127.0.0.1 that was free a moment ago, for programs that can not choose one themselves.
 * @returns {Promise<number>}
 */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}
