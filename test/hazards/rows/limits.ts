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
    { id: 'R02', priority: 'P0', words: 'slowhttptest -B slow body; -X slow read', held: 'here' },
    { id: 'R03', priority: 'P0', words: '5,000 TCP connections that send nothing', held: 'here' },
    {
      id: 'R04',
      priority: 'P0',
      words: 'connections > cap; fd limit 256 (ulimit -n)',
      held: 'here',
    },
    { id: 'R05', priority: 'P0', words: '64 KB header; 1,001 headers; 1 MB header', held: 'here' },
    { id: 'R06', priority: 'P0', words: '10 GB upload streamed', held: 'here' },
    { id: 'R07', priority: 'P0', words: '2,000 aborted requests mix of phases', held: 'here' },
    {
      id: 'R08',
      priority: 'P1',
      words: '4 h soak: wrk/autocannon + 200 watches + 20 tunnels',
      held: 'here',
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
      held: 'here',
    },
    { id: 'R11', priority: 'P1', words: 'a fault in one request ends no other one', held: 'here' },
  ],
};
