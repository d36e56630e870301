import { expect, it } from 'vitest';
import { failureOf } from '../../../src/files/failure.ts';

it.each([
  ['ENOENT', 'ERR_NOT_FOUND', 404],
  ['ENOTDIR', 'ERR_NOT_FOUND', 404],
  ['ENAMETOOLONG', 'ERR_NOT_FOUND', 404],
  ['EACCES', 'ERR_FILE_REFUSED', 403],
  ['EPERM', 'ERR_FILE_REFUSED', 403],
  ['ELOOP', 'ERR_FILE_REFUSED', 403],
  ['ENXIO', 'ERR_FILE_REFUSED', 403],
  ['EIO', 'ERR_FILE_REFUSED', 403],
  ['EMFILE', 'ERR_LIMIT_REACHED', 503],
  ['ENFILE', 'ERR_LIMIT_REACHED', 503],
])('%s becomes %s, without a path of this machine', (code, expected, status) => {
  const cause = Object.assign(new Error(`${code}: no, open '/home/alice/www/x'`), { code });
  const error = failureOf(cause);
  expect(error.code).toBe(expected);
  expect(error.status).toBe(status);
  expect(error.message).not.toContain('/home');
});
