import { describe, expect, it } from 'vitest';
import { completionScript } from '../../../src/commands/completion.ts';
import { SHELLS } from '../../../src/flags/values.ts';

describe.each(SHELLS)('the script for %s', (shell) => {
  it('begins with how to install it', () => {
    const script = completionScript(shell, 'porthole');
    const comment = script.split('\n').filter((line) => line.startsWith('#'));
    expect(script.startsWith('#')).toBe(true);
    expect(comment.join('\n')).toContain(`porthole completion ${shell}`);
    expect(script.endsWith('\n')).toBe(true);
  });

  it('asks the program that it completes, in names that the shell can have', () => {
    const script = completionScript(shell, 'kubectl porthole');
    expect(script).toContain('kubectl-porthole __complete');
    expect(script).not.toMatch(/(?<!kubectl[-_])porthole/);
    expect(script).not.toMatch(/[$]_*kubectl-porthole/);
  });
});
