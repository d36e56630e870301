import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { compareAll, type Group } from '../support/differential/compare.ts';
import * as prefixes from '../support/differential/policy-prefixes.ts';

const groups: readonly Group[] = [
  { title: 'by default', rows: prefixes.noPrefix },
  withFlags('--api-prefix=/api/', prefixes.apiPrefix),
  withFlags('--api-prefix=/custom/', prefixes.customPrefix),
  withFlags('--api-prefix=/custom', prefixes.customPrefix),
  withFlags('--api-prefix=/api-x/', prefixes.prefixLikeApi),
  withServerPath([], prefixes.serverPath),
  withServerPath(['--append-server-path'], prefixes.serverPathAppended),
  withServerPath(['--append-server-path=false'], prefixes.serverPathDropped),
  withServerPath(['--append-server-path', '--api-prefix=/custom/'], prefixes.serverPathAndPrefix),
];

function withFlags(flag: string, rows: Group['rows']): Group {
  return { title: flag, setup: { flags: [flag] }, rows };
}

function withServerPath(flags: readonly string[], rows: Group['rows']): Group {
  const kubeconfig = (port: number) => ({
    cluster: { server: `https://127.0.0.1:${port}/some/path` },
  });
  return {
    title: ['a server with a path', ...flags].join(' '),
    setup: { flags, kubeconfig },
    rows,
  };
}

describeOnCluster('the same paths to kubectl proxy and porthole', (cluster) => {
  compareAll(cluster, groups);
});
