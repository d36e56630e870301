/** An entry of klog's text format. */
export interface KlogEntry {
  readonly head: string;
  readonly message: string;
  /** In their order; quoted ones without their quotes, those of several lines with the line ends. */
  readonly pairs: readonly (readonly [key: string, value: string])[];
}

const HEADER = /^([IWEF]\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ [^\s:]+:\d+\]) ("(?:[^"\\]|\\.)*")/;
const PAIR = / (\w+)=(?:<\n((?:\t[^\n]*\n)*) >|("(?:[^"\\]|\\.)*")|([^\s"<]\S*))/y;

/** Reads text that is nothing but klog entries, as a parser of the format does. */
export function readKlog(text: string): KlogEntry[] {
  const entries: KlogEntry[] = [];
  for (let rest = text; rest !== ''; ) {
    const header = HEADER.exec(rest);
    if (header === null) throw new Error(`no klog entry: ${JSON.stringify(rest.slice(0, 200))}`);
    const pairs: [string, string][] = [];
    PAIR.lastIndex = header[0].length;
    let end = PAIR.lastIndex;
    for (let pair = PAIR.exec(rest); pair !== null; pair = PAIR.exec(rest)) {
      const [, key = '', block, quoted, bare] = pair;
      const value = block?.replace(/^\t/gm, '') ?? (quoted === undefined ? bare : unquote(quoted));
      pairs.push([key, value ?? '']);
      end = PAIR.lastIndex;
    }
    if (rest[end] !== '\n')
      throw new Error(`not a pair: ${JSON.stringify(rest.slice(end, end + 200))}`);
    entries.push({ head: header[1] ?? '', message: unquote(header[2] ?? ''), pairs });
    rest = rest.slice(end + 1);
  }
  return entries;
}

/** The message, and the keys of the pairs. */
export function outline({ message, pairs }: KlogEntry): string {
  return [message, ...pairs.map(([key]) => key)].join(' ');
}

export function valueIn({ pairs }: KlogEntry, wanted: string): string | undefined {
  return pairs.find(([key]) => key === wanted)?.[1];
}

/** Of Go's escapes, those that JSON knows. */
function unquote(quoted: string): string {
  return JSON.parse(quoted.replace(/\\x([0-9a-f]{2})/g, '\\u00$1'));
}
