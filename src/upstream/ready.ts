import type { Socket } from 'node:net';
import type { PortholeError } from '../errors.ts';
import { dialError, type Hop, lost } from './explain-dial.ts';

/**
 * Waits for a socket that was just made; one that fails is destroyed.
 * @param limit milliseconds
 * @throws {PortholeError} `ERR_UPSTREAM_UNREACHABLE`, `ERR_UPSTREAM_TLS`, `ERR_UPSTREAM_TIMEOUT`, as rejection
 */
export function ready(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  limit: number,
  hop: Hop,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: PortholeError): void => {
      clearTimeout(timer);
      socket.off(event, onReady).off('error', onError).off('close', onClose);
      if (error === undefined) {
        resolve();
        return;
      }
      // An error that comes after this one has nobody left to tell.
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const onReady = (): void => settle();
    const onError = (error: Error): void => settle(dialError(error, hop));
    const onClose = (): void =>
      settle(
        lost('ERR_UPSTREAM_UNREACHABLE', hop, 'the connection was closed during the TLS handshake'),
      );
    const timer = setTimeout(() => {
      const what = event === 'connect' ? 'dial' : 'TLS handshake';
      settle(lost('ERR_UPSTREAM_TIMEOUT', hop, `${what} timed out`));
    }, limit);
    socket.on(event, onReady).on('error', onError).on('close', onClose);
  });
}
