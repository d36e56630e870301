import type { Area } from '../area.ts';

export const area: Area = {
  section: '3.8',
  name: 'Load and limits',
  rows: [
    {
      id: 'R01',
      priority: 'P0',
      words: 'slowhttptest -H (slow headers) 1,000 conns',
      held: 'here',
    },
    {
      id: 'R02',
      priority: 'P0',
      words: 'slowhttptest -B slow body; -X slow read',
      held: 'here',
      differs:
        'a body or an answer under way has no deadline: a slow one can not be told from a long upload, or a watch whose reader thinks; it holds one place and a bounded amount of memory',
    },
    { id: 'R03', priority: 'P0', words: '5,000 TCP connections that send nothing', held: 'here' },
    {
      id: 'R04',
      priority: 'P0',
      words: 'connections > cap; fd limit 256 (ulimit -n)',
      held: 'here',
    },
    { id: 'R05', priority: 'P0', words: '64 KB header; 1,001 headers; 1 MB header', held: 'here' },
    {
      id: 'R06',
      priority: 'P0',
      words: '10 GB upload streamed',
      held: 'here',
      differs: 'half a gigabyte: it is past every buffer, and ten would take the minute of all',
    },
    {
      id: 'R07',
      priority: 'P0',
      words: '2,000 aborted requests mix of phases',
      held: {
        file: 'test/integration/leaks.test.ts',
        title: '2,000 aborted exchanges leave sockets and timers where they were',
      },
    },
    {
      id: 'R08',
      priority: 'P1',
      words: '4 h soak: wrk/autocannon + 200 watches + 20 tunnels',
      held: {
        file: 'bench/soak.js',
        title: 'Mixed traffic at a steady rate, with watches, on a real kube-apiserver',
      },
      differs: 'no test but a bench, of half an hour unless told otherwise: npm run bench:soak',
    },
    {
      id: 'R09',
      priority: 'P1',
      words: 'exec plugin invoked by 1,000 parallel first requests',
      held: 'here',
    },
    {
      id: 'R10',
      priority: 'P1',
      words: 'audit disk full / slow (FIFO without reader)',
      held: [
        {
          file: 'test/e2e/audit-faults-batch.test.ts',
          title: 'costs events that are counted, and no request',
        },
        {
          file: 'test/e2e/audit-faults-strict.test.ts',
          title: 'forwards nothing that is not recorded',
        },
        {
          file: 'test/e2e/audit-stalled.test.ts',
          title: 'forwards nothing that is not recorded while its pipe is stalled',
        },
        {
          file: 'test/unit/record/slow-log-reader.test.ts',
          title: 'drops lines beyond its bound, counts them, and says so when there is room again',
        },
        {
          file: 'test/e2e/log-full-disk.test.ts',
          title: 'has whole lines when there is room again, and each line is there or counted',
        },
      ],
    },
    { id: 'R11', priority: 'P1', words: 'a fault in one request ends no other one', held: 'here' },
  ],
};
