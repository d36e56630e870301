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
    {
      id: 'G03',
      priority: 'P0',
      words: 'shutdown mid-body',
      held: [
        {
          file: 'test/integration/shutdown.test.ts',
          title: 'cuts %s so that it does not look complete',
        },
        {
          file: 'test/integration/cli-shutdown.test.ts',
          title: 'is cut after the grace, in one log line, and porthole ends with 0',
        },
      ],
    },
    {
      id: 'G04',
      priority: 'P0',
      words: 'port in use, --port=0, IPv6, privileged port, unix path taken',
      held: 'here',
    },
    {
      id: 'G05',
      priority: 'P1',
      words: 'restart 200× in a loop under load',
      held: 'here',
      differs:
        'in one process, where each restart closes and listens anew; 200 processes would take half a minute',
    },
    {
      id: 'G06',
      priority: 'P1',
      words: 'SIGHUP / file change of kubeconfig',
      held: [
        {
          file: 'test/e2e/kubeconfig-reload.test.ts',
          title: 'is followed each time, is not when it is broken, and fails no request',
        },
        {
          file: 'test/integration/generations.test.ts',
          title: 'a reload by hand ends the wait after a failure',
        },
      ],
    },
    {
      id: 'G07',
      priority: 'P1',
      words: 'SIGPIPE: stdout reader closes',
      held: { file: 'test/integration/cli.test.ts', title: 'of %s keeps nobody from being served' },
    },
    {
      id: 'G08',
      priority: 'P1',
      words:
        'installed from the packed tarball with --ignore-scripts, offline, on each supported Node',
      held: [
        {
          file: 'test/e2e/supply.test.ts',
          title: 'installs without the network and without install scripts',
        },
        {
          file: 'test/e2e/supply.test.ts',
          title: 'starts, serves, and reaches no address but that of the API server',
        },
      ],
    },
  ],
};
