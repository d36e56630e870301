// Somebody else at the proxy of `npm run load`, a process of its own: asks for something small every so often, on a new
// connection. argv: one JSON object, `Probe`. stdout, a line each: `{}` when it has begun, and after SIGUSR2 `Probed`.
import { Agent, request } from 'node:http';
import { STRESS_PATHS } from './stress-paths.js';

/** @typedef {{ port: number, everyMs: number, limitMs: number }} Probe */
/** @typedef {{ ms: number[], failed: Record<string, number> }} Probed how long each took that was answered, and what happened to others */

/** @type {Probe} */
const { port, everyMs, limitMs } = JSON.parse(process.argv[2] ?? '');
const agent = new Agent({ keepAlive: false });
/** @type {Probed} */
const probed = { ms: [], failed: {} };
let open = 0;
let ending = false;

const timer = setInterval(ask, everyMs);
process.once('SIGUSR2', () => {
  ending = true;
  clearInterval(timer);
  tell();
});
console.log('{}');

function ask() {
  const began = performance.now();
  open++;
  const sent = request({
    port,
    host: '127.0.0.1',
    path: STRESS_PATHS.small,
    agent,
    timeout: limitMs,
  });
  let settled = false;
  const settle = (/** @type {string} */ failure) => {
    if (settled) return;
    settled = true;
    open--;
    if (failure === '') probed.ms.push(performance.now() - began);
    else probed.failed[failure] = (probed.failed[failure] ?? 0) + 1;
    tell();
  };
  sent.once('timeout', () => {
    settle(`no answer in ${limitMs / 1000} s`);
    sent.destroy();
  });
  sent.once('error', (error) => settle(/** @type {NodeJS.ErrnoException} */ (error).code ?? ''));
  sent.once('response', (response) => {
    response.once('error', (error) => settle(error.message));
    response.once('end', () => settle(response.statusCode === 200 ? '' : `${response.statusCode}`));
    response.resume();
  });
  sent.end();
}

function tell() {
  if (!ending || open > 0) return;
  console.log(JSON.stringify(probed));
  process.exit(0);
}
