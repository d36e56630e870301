// What is played, and what porthole promises of it.
import { ENDS, type FaultKind, FORGERIES } from '../faults.ts';
import { apiServerKilled, etcdStopped } from './behind.ts';
import type { Scene } from './scene.ts';
import type { Finding } from './sight.ts';
import { inAnswer, inCreate, inWatch } from './wires.ts';
import { fewFiles, suspended } from './within.ts';

export interface Row {
  /** For --only. */
  readonly id: string;
  readonly fault: string;
  readonly promised: string;
  /** The API server gives up a request after two seconds: what waits for etcd is answered soon. */
  readonly hasShortRequests?: boolean;
  /** One play of each. */
  readonly plays: readonly {
    readonly variant: string;
    play(scene: Scene): Promise<Finding>;
  }[];
}

/** Those that the wire to the API server has: TLS goes through it, so bytes may be forged as well. */
const UPSTREAM: readonly FaultKind[] = [...ENDS, ...FORGERIES];

export const ROWS: readonly Row[] = [
  {
    id: 'answer',
    fault: `the wire to the API server, in an answer of 200 KB: ${UPSTREAM.join(', ')}`,
    promised: 'the client sees that it is not whole; nobody else is cut; the next is answered',
    plays: UPSTREAM.map((kind) => ({
      variant: kind,
      play: (scene) => inAnswer(scene, 'upstream', kind),
    })),
  },
  {
    id: 'create',
    fault: 'the wire to the API server, in a create with a body of 100 KB',
    promised: 'the client is told; it is not done, and not sent again',
    plays: UPSTREAM.map((kind) => ({
      variant: kind,
      play: (scene) => inCreate(scene, 'upstream', kind),
    })),
  },
  {
    id: 'watch',
    fault: 'the wire to the API server, in a watch',
    promised: 'a prefix of what happened, and its end shows',
    plays: UPSTREAM.map((kind) => ({
      variant: kind,
      play: (scene) => inWatch(scene, 'upstream', kind),
    })),
  },
  {
    id: 'client-answer',
    fault: `the wire of a client, in its answer: ${ENDS.join(', ')}`,
    promised: 'that client sees it; nobody else is cut',
    plays: ENDS.map((kind) => ({
      variant: kind,
      play: (scene) => inAnswer(scene, 'client', kind),
    })),
  },
  {
    id: 'client-create',
    fault: 'the wire of a client, in a create',
    promised: 'it is not done',
    plays: ENDS.map((kind) => ({
      variant: kind,
      play: (scene) => inCreate(scene, 'client', kind),
    })),
  },
  {
    id: 'client-watch',
    fault: 'the wire of a client, in a watch',
    promised: 'a prefix of what happened, and its end shows',
    plays: ENDS.map((kind) => ({
      variant: kind,
      play: (scene) => inWatch(scene, 'client', kind),
    })),
  },
  {
    id: 'api-server',
    fault: 'kube-apiserver is killed and started again, with 20 watches',
    promised: 'their ends show; 502 until it is back; the first request then is answered',
    hasShortRequests: true,
    plays: [{ variant: '', play: apiServerKilled }],
  },
  {
    id: 'etcd',
    fault: 'etcd stands still, with 20 watches',
    promised: "the API server's own answers pass as they are; watches stay",
    hasShortRequests: true,
    plays: [{ variant: '', play: etcdStopped }],
  },
  {
    id: 'files',
    fault: '64 files, and 100 clients with watches',
    promised: 'no crash; who is served stays served; room again is enough',
    plays: [{ variant: '', play: fewFiles }],
  },
  {
    id: 'suspended',
    fault: 'the proxy stands still for 16 s (SIGSTOP, SIGCONT), with 5 watches',
    promised: 'watches go on; the next answer is at once',
    plays: [{ variant: '', play: suspended }],
  },
];
