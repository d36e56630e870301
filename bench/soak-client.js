// The clients of bench/soak.js, a process of its own: requests at a steady rate, and watches that end and are opened again.
// argv: one JSON object, `SoakClient`. stdin: a line `away` before the API server goes, `back` when it is there again.
// stdout: a JSON object a line, every few seconds, `Progress`; SIGUSR2 lets all end, and the last line has `done`.
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONFIG_MAPS, nthRequest } from './soak-mix.js';

/** @typedef {{ port: number, rate: number, watches: number, objects: number, churns: boolean }} SoakClient requests a second; ConfigMaps soak-0, soak-1 ...; whether clients come and go, and watches may be cut */
/**
 * @typedef {object} Progress
 * @property {number} requests sent
 * @property {number} watches opened
 * @property {number} events
 * @property {string[]} errors what should not have happened, each once
 * @property {number} failed how often it did
 * @property {number} away how often it did while the API server was away
 * @property {number} cut watches that ended without their end, and said so
 * @property {boolean} [done] nothing is open any more
 */

const TICK_MS = 10;
const TELL_EVERY_MS = 2000;
/** More are not under way at a time: they wait, as with clients that have a pool of connections. */
const MOST_OPEN = 100;
/** A program that ends, and another that begins. */
const RENEW_EVERY_MS = 20_000;
/** A watch that was cut is opened again after a while, as informers do it. */
const AGAIN_AFTER_MS = 1000;
/** @type {SoakClient} */
const { port, rate, watches, objects, churns } = JSON.parse(process.argv[2] ?? '');
const agent = new Agent({ keepAlive: true, maxSockets: MOST_OPEN, scheduling: 'lifo' });
const watching = new Agent({ keepAlive: false });

/** @type {Progress} */
const progress = { requests: 0, watches: 0, events: 0, errors: [], failed: 0, away: 0, cut: 0 };
let open = 0;
let ending = false;
let away = false;
/** @type {Set<import('node:http').ClientRequest>} */
const openWatches = new Set();

for (let i = 0; i < watches; i++) void watchOn(i);
setInterval(tell, TELL_EVERY_MS);
if (churns) setInterval(renewClients, RENEW_EVERY_MS);
createInterface({ input: process.stdin }).on('line', (line) => {
  away = line === 'away';
});
process.once('SIGUSR2', finish);
pace();

/** As many requests as are due, every few ms; what was held up is made up for. */
function pace() {
  const began = performance.now();
  let due = 0;
  const timer = setInterval(() => {
    if (ending) return clearInterval(timer);
    const now = Math.floor(((performance.now() - began) / 1000) * rate);
    for (; due < now && open < MOST_OPEN; due++) send(due);
  }, TICK_MS);
}

/** @param {number} n */
function send(n) {
  const { method, path, body, close, leave, expect } = nthRequest(n, objects);
  open++;
  progress.requests++;
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const headers = body === undefined ? {} : { 'Content-Type': type, 'Content-Length': body.length };
  const sent = request({
    port,
    host: '127.0.0.1',
    method,
    path,
    headers,
    agent: close ? watching : agent,
  });
  let left = false;
  sent.on('response', (response) => {
    if (response.statusCode !== expect) failed(`${method} ${path}: ${response.statusCode}`);
    response.once('data', () => {
      left = leave === true;
      if (left) sent.destroy();
    });
    response.on('error', (error) => left || failed(`${method} ${path}: ${error.message}`));
    response.resume();
  });
  sent.on('error', (error) => left || failed(`${method} ${path}: ${error.message}`));
  sent.once('close', () => open--);
  sent.end(body);
}

/** Keeps one watch open: the API server ends each after one to three minutes. @param {number} i */
async function watchOn(i) {
  for (let turn = 0; !ending; turn++) {
    const seconds = 60 + ((i * 7 + turn * 31) % 120);
    const selector = encodeURIComponent(`metadata.name=soak-${i % objects}`);
    await oneWatch(`${CONFIG_MAPS}?watch=1&timeoutSeconds=${seconds}&fieldSelector=${selector}`);
  }
}

/** Resolves when it has ended. @param {string} path @returns {Promise<void>} */
function oneWatch(path) {
  return new Promise((resolve) => {
    progress.watches++;
    let whole = false;
    const sent = request({ port, host: '127.0.0.1', path, agent: watching });
    openWatches.add(sent);
    sent.on('response', (response) => {
      if (response.statusCode !== 200) failed(`watch: ${response.statusCode}`);
      response.on('data', () => progress.events++);
      response.on('end', () => {
        whole = response.statusCode === 200;
      });
      response.on('error', (error) => ending || wasCut(error));
    });
    sent.on('error', (error) => ending || failed(`watch: ${error.message}`));
    sent.once('close', () => {
      openWatches.delete(sent);
      resolve(whole || ending ? undefined : sleep(AGAIN_AFTER_MS));
    });
    sent.end();
  });
}

/** With their certificate, or with the API server. @param {Error} error */
function wasCut(error) {
  if (churns) progress.cut++;
  else failed(`watch: ${error.message}`);
}

/** The connections of those who are gone are closed; others are opened as they are needed. */
function renewClients() {
  for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
}

/** @param {string} what */
function failed(what) {
  if (away) {
    progress.away++;
    return;
  }
  progress.failed++;
  const kind = what.replace(/\d{4,}/g, 'N');
  if (progress.errors.length < 20 && !progress.errors.includes(kind)) progress.errors.push(kind);
}

/** Answers come first, then the watches go. */
async function finish() {
  ending = true;
  while (open > 0) await sleep(TICK_MS);
  for (const sent of openWatches) sent.destroy();
  while (openWatches.size > 0) await sleep(TICK_MS);
  progress.done = true;
  tell();
  process.exit(0);
}

function tell() {
  process.stdout.write(`${JSON.stringify(progress)}\n`);
}
