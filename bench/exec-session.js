// Sessions in the pod: one byte there and back, and a lot of them out of it or into it.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { cpuSeconds } from './accounting.js';
import { POD } from './cluster.js';
import { end, failure, start } from './processes.js';

/** @typedef {import('./live.js').Side} Side */
/** @typedef {(byte: string) => Promise<void>} Echo sends a byte, resolves when it is back */

/** Round trips that are not counted. */
const WARM_UP = 50;
const STDIN = 0;
const STDOUT = 1;

/**
 * A byte there and back, one after the other, through `cat` in the pod.
 * @param {{ echo: Echo, close: () => Promise<void> }} session it is closed
 * @param {number} rounds
 * @param {number | undefined} pid of the proxy
 * @returns {Promise<{ roundTrips: number[], cpu: number | undefined }>} ms; microseconds of CPU of the proxy for each of them
 */
export async function measureEcho({ echo, close }, rounds, pid) {
  for (let i = 0; i < WARM_UP; i++) await echo('x');
  const roundTrips = [];
  const before = pid === undefined ? 0 : cpuSeconds(pid);
  for (let i = 0; i < rounds; i++) {
    const sent = performance.now();
    await echo('x');
    roundTrips.push(performance.now() - sent);
  }
  const seconds = pid === undefined ? undefined : cpuSeconds(pid) - before;
  await close();
  return { roundTrips, cpu: seconds && (seconds * 1e6) / rounds };
}

/**
 * SPDY, by kubectl: its own time is in each round trip, the same for both proxies.
 * @param {import('./cluster.js').Cluster} cluster
 * @param {Side} side
 */
export async function kubectlEcho(cluster, side) {
  const { args, env } = kubectlTo(cluster, side);
  const child = start(cluster.kubectl, [...args, 'exec', '-i', POD, '--', 'cat'], {
    env,
    stdin: 'pipe',
  });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('kubectl without pipes');
  /** @type {Echo} */
  const echo = (byte) =>
    new Promise((resolve, reject) => {
      const lost = () => reject(failure(child));
      child.once('close', lost);
      stdout.once('data', () => {
        child.off('close', lost);
        resolve();
      });
      stdin.write(byte);
    });
  return { echo, close: () => end(child) };
}

/**
 * WebSocket with channels, as browsers and client libraries do; of the protocols that kube-apiserver 1.20 speaks, the newest.
 * @param {import('./cluster.js').Cluster} cluster
 * @param {Side} side
 */
export async function webSocketEcho(cluster, { port, pid }) {
  const path = `/api/v1/namespaces/default/pods/${POD}/exec?command=cat&stdin=true&stdout=true`;
  const [scheme, tls] = pid === undefined ? ['wss', cluster.credentials] : ['ws', {}];
  const socket = new WebSocket(`${scheme}://127.0.0.1:${port}${path}`, ['v4.channel.k8s.io'], {
    ...tls,
    perMessageDeflate: false,
  });
  /** @type {(() => void) | undefined} */
  let back;
  socket.on('message', (message) => {
    const bytes = /** @type {Buffer} */ (message);
    // It begins with empty messages on the channels that are open.
    if (bytes[0] === STDOUT && bytes.length > 1) back?.();
  });
  await once(socket, 'open');
  socket.once('error', fail).once('close', fail);
  /** @type {((error: Error) => void) | undefined} */
  let lost;
  function fail() {
    lost?.(new Error('the WebSocket has ended'));
  }
  /** @type {Echo} */
  const echo = (byte) =>
    new Promise((resolve, reject) => {
      back = resolve;
      lost = reject;
      socket.send(Buffer.from([STDIN, byte.charCodeAt(0)]));
    });
  const close = async () => {
    lost = undefined;
    socket.close();
    await once(socket, 'close');
  };
  return { echo, close };
}

/**
 * Bytes out of the pod, or into it, by `kubectl exec` with `cat` in the pod.
 * @param {import('./cluster.js').Cluster} cluster
 * @param {Side} side
 * @param {{ direction: 'out' | 'in', file: string, bytes: number }} what the file has that many bytes
 * @returns {Promise<{ megabytesPerSecond: number, cpu: number | undefined }>} CPU seconds of the proxy
 */
export async function measureBulk(cluster, side, { direction, file, bytes }) {
  const { args, env } = kubectlTo(cluster, side);
  const exec = [cluster.kubectl, ...args, 'exec'];
  // What arrives is counted: a stream that was cut must not look fast.
  const script =
    direction === 'out'
      ? '"$@" -- cat "$FILE" | wc -c'
      : '"$@" -i -- sh -c "cat | wc -c" < "$FILE"';
  const before = side.pid === undefined ? 0 : cpuSeconds(side.pid);
  const began = performance.now();
  const output = await outputOf(['-c', script, 'sh', ...exec, POD], { ...env, FILE: file });
  const seconds = (performance.now() - began) / 1000;
  if (Number(output) !== bytes) throw new Error(`${output.trim()} of ${bytes} bytes arrived`);
  return {
    megabytesPerSecond: bytes / 1e6 / seconds,
    cpu: side.pid === undefined ? undefined : cpuSeconds(side.pid) - before,
  };
}

/** @param {string[]} args @param {Record<string, string>} env @returns {Promise<string>} */
async function outputOf(args, env) {
  const child = start('sh', args, { env });
  let output = '';
  child.stdout?.on('data', (text) => {
    output += text;
  });
  await once(child, 'close');
  if (child.exitCode !== 0) throw failure(child);
  await end(child);
  return output;
}

/**
 * kubectl as the client of a proxy, without a kubeconfig; or of the API server, with one.
 * @param {import('./cluster.js').Cluster} cluster
 * @param {Side} side
 */
function kubectlTo(cluster, { port, pid }) {
  const direct = pid === undefined;
  const env = {
    KUBECONFIG: direct ? cluster.kubeconfig : cluster.noKubeconfig,
    HOME: cluster.dir,
    // kube-apiserver 1.20 does not speak its WebSocket protocol: without this it would try that first.
    KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false',
  };
  return { args: direct ? [] : [`--server=http://127.0.0.1:${port}`], env };
}
