// An hour's worth of what happens to a cluster, in a minute.
import type { Cluster } from '../../cluster/cluster.ts';
import { createAll, KubectlClient } from '../../cluster/kubectl.ts';
import { createRunningPod } from '../../cluster/seed.ts';
import { Asker } from './asking.ts';
import * as commands from './commands.ts';
import { library } from './library.ts';
import * as objects from './objects.ts';
import * as odd from './odd.ts';
import * as rights from './rights.ts';
import * as streams from './streams.ts';

/** Where the mix asks: porthole as administrators with a certificate and a token, and one that acts for somebody else. */
export interface Places {
  readonly admin: string;
  readonly byToken: string;
  readonly acting: string;
}

const POD = 'lasting';
const NAMESPACES = [
  'raw',
  'more',
  'large',
  'watched',
  'streams',
  'typed',
  'turned',
  'node',
  'shown',
];

/** What it needs, made straight at the API server. */
export async function prepare(cluster: Cluster): Promise<void> {
  await createAll(
    cluster,
    [...NAMESPACES, 'hidden'].map((name) => ({
      ...{ apiVersion: 'v1', kind: 'Namespace' },
      metadata: { name },
    })),
  );
  await createRunningPod(cluster, 'streams', POD);
}

export async function mix(cluster: Cluster, { admin, byToken, acting }: Places): Promise<void> {
  const asker = new Asker(portOf(admin));
  const bearer = new Asker(portOf(byToken));
  const actor = new Asker(portOf(acting));
  const typing = (namespace: string) => new KubectlClient(cluster, admin, namespace);
  try {
    await Promise.all([
      byHand(asker),
      rights.strangers(bearer),
      odd.oddReads(actor),
      commands.objectsByKubectl(typing('typed')),
      commands.deploymentsByKubectl(typing('turned')),
      commands.rightsByKubectl(typing('typed')),
      commands.readsByKubectl(typing('typed')),
      commands.sessionsByKubectl(typing('streams'), POD, cluster.dir),
      commands.chart(cluster, admin),
      library(admin, 'node'),
    ]);
  } finally {
    for (const one of [asker, bearer, actor]) one.close();
  }
}

async function byHand(asker: Asker): Promise<void> {
  const pod = `/api/v1/namespaces/streams/pods/${POD}`;
  await Promise.all([
    streams.watches(asker, 'watched'),
    streams.leaving(asker, pod),
    streams.webSockets(asker, pod),
    objects.configMaps(asker, 'raw'),
    objects.subresources(asker, 'more'),
    objects.large(asker, 'large'),
    objects.customResources(asker, 'more'),
    rights.secrets(asker, 'hidden'),
    rights.secrets(asker, 'shown'),
    rights.reviews(asker, 'more'),
    rights.certificates(asker),
    rights.actors(asker),
    odd.oddReads(asker),
    odd.oddWrites(asker),
    odd.oddHeads(asker),
    odd.refused(asker),
  ]);
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
