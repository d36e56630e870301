import { PortholeError } from '../errors.ts';

/** The failure of a client that is not there any more. */
export function clientGone(): PortholeError {
  return new PortholeError('ERR_CLIENT_GONE', 'the client closed its connection');
}

/** The failure of an exchange that outlived the grace of a shutdown. */
export function stopped(): PortholeError {
  return new PortholeError('ERR_SHUTTING_DOWN', 'porthole was stopped');
}
