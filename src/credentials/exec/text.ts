import { StringDecoder } from 'node:string_decoder';
import { type ErrorCode, PortholeError } from '../../errors.ts';
import { printableUpTo } from '../../printable.ts';

/** How an attempt has failed, under the words with which client-go begins (exec.go `RoundTrip`). */
export function failure(problem: string, code: ErrorCode = 'ERR_CREDENTIALS'): PortholeError {
  return new PortholeError(code, `getting credentials: ${problem}`);
}

const MASK = '***';

/** What in the words of a program looks like a secret. A word after `token:` is more often a reason than a token. */
const SECRETS: readonly [RegExp, string][] = [
  // A key without its first line, cut by us or by the plugin.
  [/(?:[A-Za-z0-9+/]{60,76}(?: \/ |\s)+){2,}[A-Za-z0-9+/=]*/g, MASK],
  [/(:\/\/[^\s:/@]*:)[^\s/@]+@/g, `$1${MASK}@`],
  [/((?:^|\s)-u\s*[^\s:]+:)\S+/g, `$1${MASK}`],
  [/(--[\w-]*(?:token|secret|password|passwd|key)[= ]\s*)(?!\/)\S+/gi, `$1${MASK}`],
  [/\b(basic\s+)[\w+/=-]{8,}/gi, `$1${MASK}`],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, MASK],
  [/\beyJ[\w-]{4,}(?:\.[\w-]*){1,4}/g, MASK],
  [/\b(bearer\s+)[\w.~+/=-]{8,}/gi, `$1${MASK}`],
  [/\b(authorization["']?\s*[:=]\s*["']?(?:basic\s+)?)[\w.~+/=-]{8,}/gi, `$1${MASK}`],
  [
    /([\w-]*(?:token|secret|password|passwd|_key|api_?key|accesskey)["']?=["']?)[^\s"'&,;]+/gi,
    `$1${MASK}`,
  ],
  [
    /(\\?["'][\w-]*(?:token|secret|password|keydata|key)\\?["']\s*:\s*\\?["'])[^"'\\]*/gi,
    `$1${MASK}`,
  ],
];

function without(secrets: readonly string[], text: string): string {
  let shown = text;
  for (const secret of secrets) shown = shown.replaceAll(secret, MASK);
  return shown;
}

/** `text` without `secrets`, and without what else looks like a key, a token or a password. */
export function masked(text: string, secrets: readonly string[]): string {
  let shown = without(secrets, text);
  for (const [pattern, instead] of SECRETS) shown = shown.replace(pattern, instead);
  // Opaque, as pieces of tokens are; long names of clusters do not mix all three kinds of characters.
  return shown.replace(/[\w+=-]{40,}/g, (run) =>
    /[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run) ? MASK : run,
  );
}

/** Without an end of the line, this much text is a line: characters. */
const LONGEST_LINE = 16 * 1024;
/** Of what a plugin has written, this much is quoted when it fails: characters. */
const LAST_WORDS = 2048;

/** Of one run, so many lines are shown. */
const MOST_LINES = 1_000;

/** What a program writes, line by line as it comes. A carriage return ends a line as well: it would let one overwrite another. */
export class OutputLines {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  readonly #secrets: readonly string[];
  #partial = '';
  #last: string[] = [];
  #lastLength = 0;
  #lines = 0;

  /** `onLine` gets printable lines without the secrets. They are not masked: an address to log in at may hold what looks like a token. */
  constructor(onLine: (line: string) => void, secrets: readonly string[]) {
    this.#onLine = (line) => onLine(without(secrets, line));
    this.#secrets = secrets;
  }

  write(chunk: Buffer): void {
    this.#take(this.#decoder.write(chunk));
  }

  end(): void {
    this.#take(`${this.#decoder.end()}\n`);
  }

  /** The end of it, with secrets masked; empty where nothing was written. */
  get lastWords(): string {
    const words = masked(this.#last.join(' / '), this.#secrets);
    return words.slice(-LAST_WORDS);
  }

  #take(text: string): void {
    const lines = (this.#partial + text).split(/[\r\n]+/);
    this.#partial = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
    while (this.#partial.length > LONGEST_LINE) {
      this.#line(this.#partial.slice(0, LONGEST_LINE));
      this.#partial = this.#partial.slice(LONGEST_LINE);
    }
  }

  #line(text: string): void {
    // Colours hide nothing, and are no use where they are shown as text.
    const line = printableUpTo(LONGEST_LINE, text.replace(/\x1b\[[\d;]*m/g, ''));
    if (line.trim() === '') return;
    if (++this.#lines <= MOST_LINES) this.#onLine(line);
    else if (this.#lines === MOST_LINES + 1) this.#onLine('... and more, which is not shown');
    this.#last.push(line);
    this.#lastLength += line.length;
    // Whole lines go, so that no secret loses the beginning by which it is known.
    while (this.#last.length > 1 && this.#lastLength - (this.#last[0]?.length ?? 0) > LAST_WORDS)
      this.#lastLength -= this.#last.shift()?.length ?? 0;
  }
}
