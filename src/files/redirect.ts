import { relativeUrl } from './relative-url.ts';

const INDEX = '/index.html';

/**
 * Where `path` should rather be asked for, whatever stands there: without doubled slashes, as Go's ServeMux has it, and
 * without `index.html`, as its FileServer has it. A relative URL, since the prefix is not known here.
 */
export function canonicalUrl(path: string): string | undefined {
  if (path.includes('//')) {
    const up = '../'.repeat(path.split('/').length - 2);
    return relativeUrl(up + path.replace(/\/+/g, '/').slice(1));
  }
  return path.endsWith(INDEX) ? './' : undefined;
}

/** Where what was found at `path` should rather be asked for: directories with a slash at the end, files without. */
export function slashedUrl(path: string, kind: 'file' | 'directory'): string | undefined {
  if (path.endsWith('/') === (kind === 'directory')) return undefined;
  const [name = ''] = path
    .split('/')
    .filter((part) => part !== '')
    .slice(-1);
  return kind === 'directory' ? relativeUrl(`${name}/`) : relativeUrl(`../${name}`);
}
