import { expect, it, onTestFinished } from 'vitest';
import { createKlog } from '../../src/record/klog/klog.ts';
import { KubectlClient } from '../support/cluster/kubectl.ts';
import { describeOnCluster } from '../support/cluster/on-cluster.ts';
import { type KlogEntry, outline, readKlog, valueIn } from '../support/klog-lines.ts';
import { startProxy } from '../support/start-proxy.ts';

/** What is said of requests, but for the connections that they go over: each end has its own. */
const OF_REQUESTS = /^(?:Request|Response|Response Body)$/;

/** An entry without what is different at two ends of a proxy: times, our Audit-ID, the server, header fields. */
function likeness(entry: KlogEntry): string {
  const url = valueIn(entry, 'url') ?? valueIn(entry, 'curlCommand')?.match(/'(.*)'\n$/)?.[1];
  const path = url?.replace(/^https?:\/\/[^/]*/, '');
  const status = valueIn(entry, 'status');
  const keys = outline(entry)
    .replace(/ auditID$/, '')
    .replace(/ dnsLookup\w+ dial\w+ tlsHandshake\w+/, ' getConnectionMilliseconds');
  return [keys, path, status, valueIn(entry, 'body')].join(' ');
}

describeOnCluster('porthole beside kubectl, both with -v', (cluster) => {
  const COMMANDS = [
    ['get', 'namespaces'],
    ['get', 'namespace', 'default', '-o', 'yaml'],
    ['get', 'pods', '-n', 'none', 'missing'],
  ];

  it.each([6, 7, 8, 9, 10])('say the same of the same requests: -v=%i', async (level) => {
    const log = { text: '' };
    const write = (line: string): void => {
      log.text += line;
    };
    const upstream = () => ({ url: 'https://127.0.0.1', dialHost: '127.0.0.1' });
    const klog = createKlog({ level, sink: { write }, pid: process.pid, upstream });
    const kubeconfig = cluster.kubeconfigs.certificateData;
    const none = { port: 0, ca: '', client: { cert: '', key: '' } };
    const proxy = await startProxy(none, { recorders: [klog] }, { kubeconfig });
    onTestFinished(() => proxy.destroy());
    const client = new KubectlClient(cluster, `http://127.0.0.1:${proxy.port}`, 'default');
    // Discovery asks many things at once, in no order; kubectl remembers its answers.
    await client.ok(['get', 'namespaces']);
    for (const command of COMMANDS) {
      log.text = '';
      const before = proxy.records.length;
      const { stderr } = await client.run([...command, `-v=${level}`]);
      const klogOnly = stderr
        .split(/^(?=[IWE]\d{4} )/m)
        .filter((text) => /^\w+ [^\]]*\] "/.test(text));
      const theirs = klogOnly
        .map((text) => text.replace(/^(?:error: |Error from ).*\n/m, ''))
        .flatMap(readKlog)
        .filter(({ message }) => OF_REQUESTS.test(message));
      const sent = theirs.filter(({ message }) => message === 'Response').length;
      await proxy.recorded(before + sent);
      const ours = readKlog(log.text).filter(({ message }) => OF_REQUESTS.test(message));
      expect(ours.map(likeness)).toEqual(theirs.map(likeness));
      expect(sent).toBeGreaterThan(0);
    }
  });
});
