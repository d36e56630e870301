// The table at the end of `npm run hazards`; a row that no test holds fails the run.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { AREAS } from './areas.ts';
import { idsOf, judge, type Result } from './table.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

/** The title of a test, or of the innermost of its groups that begins with an id. */
function titleOf(test: TestCase): string {
  const titles = [test.name];
  for (let at = test.parent; at.type === 'suite'; at = at.parent) titles.push(at.name);
  return titles.find((title) => idsOf(title).length > 0) ?? test.name;
}

function sourceOf(file: string): string | undefined {
  return existsSync(`${root}${file}`) ? readFileSync(`${root}${file}`, 'utf8') : undefined;
}

/** Vitest wants its reporters as default exports. */
export default class TableReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const results: Result[] = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => ({
        title: titleOf(test),
        state: test.result().state,
      })),
    );
    const { lines, failures } = judge(AREAS, results, sourceOf);
    const files = readdirSync(here, { recursive: true, encoding: 'utf8' });
    const all = files.filter((file) => file.endsWith('.test.ts')).length;
    console.log(`\n${lines.join('\n')}\n`);
    if (modules.length < all) {
      console.log(`${modules.length} of ${all} files ran: whether all rows are held is not judged`);
    } else if (failures.length > 0) {
      console.log(`not held, ${failures.length}:\n${failures.join('\n')}`);
      process.exitCode = 1;
    }
  }
}
