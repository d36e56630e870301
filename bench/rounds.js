// The rounds of a run: every work of every proxy, in turns.

/** @typedef {import('./works.js').Work} Work */
/** @typedef {import('./judge.js').Measured} Measured */
/**
 * @typedef {object} Bench what is set up once
 * @property {string} folder
 * @property {import('./upstream.js').Upstream} upstream
 * @property {import('./proxies.js').Starter[]} starters
 * @property {Map<string, import('./proxies.js').Proxy>} proxies the same, started and warm
 */

/**
 * In turns, A B A B: all works and proxies once, then again, so that what changes on the machine meanwhile meets all alike.
 * @param {{ rounds: number, seconds: number }} options
 * @param {Bench} bench
 * @param {readonly Work[]} works
 * @returns {Promise<Measured>}
 */
export async function measure({ rounds, seconds }, bench, works) {
  /** @type {Measured} */
  const measured = {};
  const roundsOf = (/** @type {Work} */ work) => work.rounds ?? rounds;
  const most = Math.max(...works.map(roundsOf));
  for (let round = 0; round < most; round++) {
    for (const work of works.filter((work) => round < roundsOf(work))) {
      for (const starter of bench.starters.filter(({ name }) => !work.without?.includes(name))) {
        progress(`round ${round + 1} of ${roundsOf(work)}: ${work.words}, ${starter.name}`);
        add(measured, work.id, starter.name, await turn(work, starter, bench, seconds));
      }
    }
  }
  progress('');
  return measured;
}

/**
 * @param {Work} work
 * @param {import('./proxies.js').Starter} starter
 * @param {Bench} bench
 * @param {number} seconds
 */
async function turn(work, starter, { folder, upstream, proxies }, seconds) {
  // Works on processes of their own have none here, and do not look.
  const proxy = /** @type {import('./proxies.js').Proxy} */ (proxies.get(starter.name));
  try {
    return await work.measure({ proxy, starter, upstream, folder, seconds });
  } catch (error) {
    const words = error instanceof Error ? error.message : error;
    throw new Error(`${work.words}, ${starter.name}: ${words}`);
  }
}

/**
 * @param {Measured} measured
 * @param {string} work
 * @param {string} proxy
 * @param {import('./works.js').Figures} figures
 */
function add(measured, work, proxy, figures) {
  measured[work] ??= {};
  measured[work][proxy] ??= {};
  const rounds = measured[work][proxy];
  for (const [figure, value] of Object.entries(figures)) {
    rounds[figure] ??= [];
    rounds[figure].push(value);
  }
}

/** One line that changes on a terminal, a line each elsewhere; stderr, so that stdout is the report. @param {string} text */
export function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
  else if (text !== '') process.stderr.write(`${text}\n`);
}
