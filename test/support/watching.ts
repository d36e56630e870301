import { get } from 'node:http';

/** A watch of a proxy's client, from its head on. */
export interface Watching {
  /** All that it has brought. */
  readonly received: string;
  /** `complete` is an answer with an end, `cut` one that broke off. */
  readonly state: 'open' | 'complete' | 'cut';
  stop(): void;
}

/** Resolves with the head of its answer, which has to be a 200. */
export function startWatch(port: number, path: string): Promise<Watching> {
  return new Promise((resolve, reject) => {
    const sent = get({ port, host: '127.0.0.1', path, agent: false });
    sent.once('error', reject);
    sent.once('response', (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`a watch got ${answer.statusCode}`));
      let received = '';
      let state: Watching['state'] = 'open';
      answer.setEncoding('utf8').on('data', (part: string) => {
        received += part;
      });
      answer.on('error', () => {});
      answer.once('close', () => {
        state = answer.complete ? 'complete' : 'cut';
      });
      resolve({
        get received() {
          return received;
        },
        get state() {
          return state;
        },
        stop: () => sent.destroy(),
      });
    });
  });
}
