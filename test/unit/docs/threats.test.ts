import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const TESTS = fileURLToPath(new URL('../..', import.meta.url));

/** The titles of all tests, of which some begin with the ids of the threats that they are about. */
function titles(): string[] {
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap(
      (file) => readFileSync(join(TESTS, file), 'utf8').match(/'[A-Z]\d\d[^']*: [^']*'/g) ?? [],
    );
}

it('each threat to credentials, C01 to C24, has a test that names it', () => {
  const named = new Set(titles().flatMap((title) => idsIn(title.slice(1, title.indexOf(':')))));
  const all = Array.from({ length: 24 }, (_, i) => `C${String(i + 1).padStart(2, '0')}`);
  expect(all.filter((id) => !named.has(id))).toEqual([]);
});

/** `C01-C03, C05` */
function idsIn(text: string): string[] {
  return text.split(', ').flatMap((part) => {
    const [from = '', to = from] = part.split('-');
    const [first, last] = [Number(from.slice(1)), Number(to.slice(1))];
    return Array.from(
      { length: last - first + 1 },
      (_, i) => `C${String(first + i).padStart(2, '0')}`,
    );
  });
}
