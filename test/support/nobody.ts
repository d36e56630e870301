import type { User } from '../../src/kubeconfig/kubeconfig.ts';

/** A user without any credentials, for tests that give it some. */
export const NOBODY: User = {
  name: 'u',
  file: undefined,
  clientCertificate: undefined,
  clientKey: undefined,
  token: undefined,
  tokenFile: undefined,
  username: undefined,
  password: undefined,
  impersonate: undefined,
  exec: undefined,
  authProvider: undefined,
};
