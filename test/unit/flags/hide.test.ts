import { expect, it } from 'vitest';
import { withoutSecrets } from '../../../src/flags/hide.ts';

it.each<[string, readonly string[], string | undefined]>([
  ['nothing to hide', ['--port=0', '--token-file=a'], undefined],
  ['a value behind =', ['--token=s3cret', '-p', '0'], '--token=*** -p 0'],
  [
    'a value of its own',
    ['--token', 's3cret', '--password', 's3cret'],
    '--token=*** --password=***',
  ],
  ['no value', ['--token'], '--token=***'],
  ['another program', ['run', '--', 'curl', '--token=its'], undefined],
])('a command line is shown without its secrets: %s', (_, argv, shown) => {
  expect(withoutSecrets(argv)).toBe(shown);
});
