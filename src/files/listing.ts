import { relativeUrl } from './relative-url.ts';

/** What is in a directory; `fs.Dirent` is one. */
export interface Entry {
  readonly name: string;
  isDirectory(): boolean;
}

/** The page that Go's http.FileServer shows for a directory. */
export function listing(entries: readonly Entry[]): string {
  const lines = entries
    .map((entry) => ({ entry, bytes: Buffer.from(entry.name) }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ entry }) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .map((name) => `<a href="${relativeUrl(name)}">${escapeHtml(name)}</a>\n`);
  return `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${lines.join('')}</pre>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] as string);
}
