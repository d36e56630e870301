const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, magenta: 35, cyan: 36 };
export type Colour = keyof typeof CODES;

export type Paint = (colour: Colour, text: string) => string;

/** In colours, or not: what paints texts for a terminal. */
export function painter(inColours: boolean): Paint {
  return inColours ? ansi : plain;
}

/** A word, where several statuses share a line, is nobody's failure. */
export function statusColour(status: number | string | undefined): Colour {
  if (typeof status === 'string') return 'green';
  if (status === undefined || status >= 500) return 'red';
  if (status >= 400) return 'yellow';
  return status >= 300 ? 'cyan' : 'green';
}

function ansi(colour: Colour, text: string): string {
  return `\x1b[${CODES[colour]}m${text}\x1b[0m`;
}

function plain(_: Colour, text: string): string {
  return text;
}
