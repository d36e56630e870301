import type { Area } from '../area.ts';

export const area: Area = {
  section: '3.12',
  name: 'Lifecycle',
  rows: [
    {
      id: 'G01',
      priority: 'P0',
      words: 'SIGTERM with 20 in-flight GETs, 50 watches, 5 tunnels',
      held: 'here',
    },
    { id: 'G02', priority: 'P0', words: 'second SIGTERM/SIGINT', held: 'here' },
    { id: 'G03', priority: 'P0', words: 'shutdown mid-body', held: 'here' },
    {
      id: 'G04',
      priority: 'P0',
      words: 'port in use, --port=0, IPv6, privileged port, unix path taken',
      held: 'here',
    },
    { id: 'G05', priority: 'P1', words: 'restart 200× in a loop under load', held: 'here' },
    { id: 'G06', priority: 'P1', words: 'SIGHUP / file change of kubeconfig', held: 'here' },
    { id: 'G07', priority: 'P1', words: 'SIGPIPE: stdout reader closes', held: 'here' },
    {
      id: 'G08',
      priority: 'P1',
      words:
        'installed from the packed tarball with --ignore-scripts, offline, on each supported Node',
      held: 'here',
    },
  ],
};
