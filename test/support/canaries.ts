// Canaries: secrets that are known, planted where records must not show any, and looked for in all that was written.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';

/** Texts that were written, by where. */
export type Outputs = Readonly<Record<string, string>>;

/** Gzip within gzip within gzip is as deep as anything goes: a helm release in a Secret. */
const MAX_LAYERS = 3;

/** Secrets of one test: one for each place, so that a hit names its place. */
export class Canaries {
  readonly #planted: { place: string; needles: readonly Needle[] }[] = [];

  /** A new one, of small letters and digits. */
  plant(place: string): string {
    return this.#add(place, `cnry${randomBytes(8).toString('hex')}`);
  }

  /** One that somebody else has chosen. */
  plantText(place: string, text: string): string {
    return this.#add(place, text);
  }

  /** A new one of 15 digits, which a double can hold. */
  plantNumber(place: string): string {
    return this.#add(place, `7${String(randomBytes(6).readUIntBE(0, 6) % 1e14).padStart(14, '1')}`);
  }

  /** The places whose canaries are in one of the outputs: `place in output, as form`. */
  find(outputs: Outputs): string[] {
    const found = new Set<string>();
    for (const [output, text] of Object.entries(outputs))
      for (const exact of layersOf(text)) {
        const lower = exact.toLowerCase();
        for (const { place, needles } of this.#planted)
          for (const needle of needles)
            if ((needle.exact ? exact : lower).includes(needle.text))
              found.add(`${place} in ${output}, as ${needle.name}`);
      }
    return [...found];
  }

  /** The places whose canaries are in none of the outputs, as they are or in base64. */
  missing(outputs: Outputs): string[] {
    const seen = new Set(this.find(outputs).map((hit) => hit.slice(0, hit.lastIndexOf(' in '))));
    return this.#planted.map(({ place }) => place).filter((place) => !seen.has(place));
  }

  #add(place: string, canary: string): string {
    this.#planted.push({ place, needles: needlesOf(canary) });
    return canary;
  }
}

/** A way to spell a text, of which a part that is long enough stands in the output. */
interface Form {
  readonly name: string;
  readonly spell: (canary: string) => readonly string[];
  /** Capitals say something else. */
  readonly exact?: boolean;
}

const FORMS: readonly Form[] = [
  { name: 'it is', spell: (canary) => [canary] },
  { name: 'base64', spell: base64Forms, exact: true },
  {
    name: 'base64 of base64',
    spell: (canary) => base64Forms(canary).flatMap(base64Forms),
    exact: true,
  },
  { name: 'hexadecimal', spell: (canary) => [hexOf(canary).join(''), hexOf(canary).join(' ')] },
  { name: 'percent-encoded', spell: (canary) => [`%${hexOf(canary).join('%')}`] },
  { name: 'escaped for JSON', spell: (canary) => [`\\u00${hexOf(canary).join('\\u00')}`] },
  { name: 'numbers of bytes', spell: (canary) => [Buffer.from(canary).join(',')] },
  {
    name: 'UTF-16',
    spell: (canary) => ['\0', '\\u0000', '\\x00', '\ufffd'].map((zero) => [...canary].join(zero)),
  },
];

/** What to look for, in small letters where these mean the same as capitals. */
interface Needle {
  readonly name: string;
  readonly text: string;
  readonly exact: boolean;
}

function needlesOf(canary: string): Needle[] {
  return FORMS.flatMap(({ name, spell, exact = false }) =>
    spell(canary).map((text) => ({ name, exact, text: exact ? text : text.toLowerCase() })),
  );
}

/** What is sure to be in base64 of any text with this one in it, by how many bytes stand before it. */
function base64Forms(text: string): string[] {
  return [0, 1, 2].map((before) => {
    const whole = Buffer.from(`${'x'.repeat(before)}${text}`).toString('base64');
    const first = Math.ceil((before * 4) / 3);
    return whole.replace(/=+$/, '').slice(first, Math.floor(((before + text.length) * 8) / 6));
  });
}

function hexOf(text: string): string[] {
  return [...Buffer.from(text)].map((byte) => byte.toString(16).padStart(2, '0'));
}

/** A text, and what it holds in gzip and base64. */
function layersOf(text: string): string[] {
  const layers = [text];
  let outer = [text];
  for (let depth = 0; depth < MAX_LAYERS && outer.length > 0; depth++) {
    const texts = outer.flatMap((one) => [...one.matchAll(/[\w+/-]{24,}/g)].map(([run]) => run));
    outer = texts.flatMap(decoded);
    layers.push(...outer);
  }
  return layers;
}

/** What gzip in base64, or in base64 twice, stands for. */
function decoded(run: string): string[] {
  const bytes = Buffer.from(run, 'base64');
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return [unzipped(bytes)];
  const inner = bytes.toString('latin1');
  return /^H4sI[\w+/]+=*$/.test(inner) ? [unzipped(Buffer.from(inner, 'base64'))] : [];
}

/** As much of it as can be read. */
function unzipped(bytes: Buffer): string {
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).toString('latin1');
  } catch {
    return '';
  }
}

/** Every file below a folder, but for those whose names are in `except`: they hold what was planted. */
export function filesBelow(folder: string, except: readonly string[] = []): Outputs {
  const outputs: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || except.includes(entry.name)) continue;
    const bytes = readFileSync(join(entry.parentPath, entry.name));
    const isZipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
    outputs[entry.name] = isZipped ? unzipped(bytes) : bytes.toString('latin1');
  }
  return outputs;
}
