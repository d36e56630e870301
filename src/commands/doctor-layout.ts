import type { Source } from '../kubeconfig/explain.ts';
import { printable } from '../printable.ts';

const WIDTH = 80;
/** Where the second column begins. */
const COLUMN = 19;

/** A label and what there is to say of it: phrases in printable words, kept whole where a line of 80 columns can. */
export function row(label: string, ...phrases: readonly string[]): string {
  const lines: string[] = [];
  let line = '';
  for (const piece of phrases.flatMap(unbroken)) {
    if (line !== '' && line.length + 1 + piece.length > WIDTH - COLUMN) {
      lines.push(line);
      line = piece;
    } else line = line === '' ? piece : `${line} ${piece}`;
  }
  const begin = `  ${label}`.padEnd(COLUMN);
  return `${begin}${[...lines, line].join(`\n${' '.repeat(COLUMN)}`)}`.trimEnd().concat('\n');
}

/** A phrase, or the words of one that is too long for a line. A longer word stays whole, so that it can be copied. */
function unbroken(phrase: string): string[] {
  return phrase.length > WIDTH - COLUMN ? phrase.split(' ') : [phrase];
}

/** A headline with its rows, after an empty line. */
export function section(title: string, rows: readonly string[]): string {
  return `\n${title}\n${rows.join('')}`;
}

/** A path, with `~` for the home folder. */
export function shownPath(path: string, home: string | undefined): string {
  const short = home && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
  return printable(short);
}

/** `(--server)`, `(cluster "prod" in ~/.kube/config)` */
export function shownSource(source: Source | undefined, home: string | undefined): string {
  if (source === undefined) return '';
  const file = source.file === undefined ? '' : ` in ${shownPath(source.file, home)}`;
  return `(${source.what}${file})`;
}

/** Text of the API server's: any length, any character. */
export function sentence(text: string): string {
  const words = text.split(/\s+/, 100).filter((word) => word !== '');
  return words.map(printable).join(' ');
}
