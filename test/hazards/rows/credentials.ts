import type { Area } from '../area.ts';

export const area: Area = {
  section: '3.9',
  name: 'TLS and credentials',
  rows: [
    {
      id: 'C01',
      priority: 'P0',
      words: 'self-signed, wrong CA, expired, not yet valid, wrong host, wrong IP SAN, CN only',
      held: 'here',
    },
    {
      id: 'C02',
      priority: 'P0',
      words: 'NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment',
      held: 'here',
    },
    { id: 'C03', priority: 'P0', words: 'insecure-skip-tls-verify: true', held: 'here' },
    {
      id: 'C04',
      priority: 'P0',
      words: 'insecure-skip-tls-verify: off / "false" / no',
      held: 'here',
    },
    { id: 'C05', priority: 'P0', words: 'C01–C04 on the Upgrade path', held: 'here' },
    {
      id: 'C06',
      priority: 'P0',
      words: 'empty CA data, garbage CA, CA file missing/unreadable/rotated to empty',
      held: [
        { file: 'test/unit/kubeconfig/validate-cluster.test.ts', title: 'a missing CA' },
        { file: 'test/unit/kubeconfig/validate-cluster.test.ts', title: 'a CA of garbage' },
        { file: 'test/unit/kubeconfig/validate-cluster.test.ts', title: 'an empty CA file' },
        { file: 'test/unit/kubeconfig/validate-cluster.test.ts', title: 'empty CA data' },
        {
          file: 'test/integration/rotation.test.ts',
          title: 'C06: that becomes empty keeps the old one',
        },
        {
          file: 'test/unit/kubeconfig/follow-bad.test.ts',
          title: 'a CA that becomes empty or garbage',
        },
      ],
    },
    {
      id: 'C07',
      priority: 'P0',
      words: 'tls-server-name set / mismatch',
      held: [
        {
          file: 'test/integration/upstream-errors.test.ts',
          title: 'C07: is asked for and judged under tls-server-name',
        },
      ],
    },
    {
      id: 'C08',
      priority: 'P1',
      words: 'server by IP, IPv6, trailing dot, upper case, non-canonical IP 127.1',
      held: 'here',
    },
    {
      id: 'C09',
      priority: 'P1',
      words: 'two contexts, same agent options, different CA',
      held: 'here',
    },
    {
      id: 'C10',
      priority: 'P0',
      words: 'client cert file rotated on disk',
      held: [
        { file: 'test/integration/rotation.test.ts', title: 'C10: is used from then on' },
        {
          file: 'test/integration/rotation.test.ts',
          title: 'C10: a half-written pair keeps the old one',
        },
        {
          file: 'test/integration/rotation-pool.test.ts',
          title: 'C10 when the client certificate is renewed',
        },
      ],
    },
    {
      id: 'C11',
      priority: 'P0',
      words: 'an expired client certificate, whose alert comes after the request',
      held: [
        { file: 'test/integration/upstream-identity.test.ts', title: 'C11: that is missing: 502' },
        { file: 'test/integration/upstream-identity.test.ts', title: 'C11: has expired' },
      ],
    },
    {
      id: 'C12',
      priority: 'P0',
      words: 'tokenFile changes',
      held: [
        { file: 'test/unit/credentials/token-file.test.ts', title: 'C12: reads again after 50 s' },
        {
          file: 'test/unit/credentials/token-file.test.ts',
          title: 'keeps the token when the file is gone',
        },
        { file: 'test/integration/token-file.test.ts', title: 'stays when the file has gone' },
      ],
    },
    {
      id: 'C13',
      priority: 'P0',
      words: '401 with cached token; plugin/OIDC has a new one',
      held: [
        {
          file: 'test/integration/unauthorized.test.ts',
          title: 'C13: a 401 to our credential, when another one is at hand',
        },
        { file: 'test/integration/unauthorized.test.ts', title: 'holds a body of up to 1 MiB' },
        {
          file: 'test/integration/unauthorized.test.ts',
          title: 'when the other one is refused too',
        },
      ],
      differs:
        'a request is sent once more also with its body, if that is whole and no more than 1 MiB: who answers 401 has done nothing',
    },
    {
      id: 'C14',
      priority: 'P0',
      words: '401 storm, 200 parallel',
      held: [
        { file: 'test/integration/unauthorized.test.ts', title: 'C14: is answered by one reading' },
        {
          file: 'test/unit/credentials/refreshing.test.ts',
          title: 'C14: does not loop while the new ones are refused too',
        },
      ],
    },
    {
      id: 'C15',
      priority: 'P0',
      words: "a 401 to the client's own Authorization",
      held: [
        {
          file: 'test/integration/unauthorized.test.ts',
          title: 'C15: to %s when it was the client',
        },
      ],
    },
    {
      id: 'C16',
      priority: 'P0',
      words:
        'exec plugin: missing, failing, killed, silent, garbage, wrong version, no status, half a pair, bad PEM …',
      held: 'here',
    },
    {
      id: 'C17',
      priority: 'P0',
      words: 'plugin hangs',
      held: [
        {
          file: 'test/integration/cli-exec-plugin.test.ts',
          title: 'C17: that hangs is ended with its children',
        },
        {
          file: 'test/unit/credentials/exec-child.test.ts',
          title: 'is killed at its deadline, with its children',
        },
        {
          file: 'test/integration/cli-exec-plugin.test.ts',
          title: 'that runs is ended with porthole',
        },
      ],
      differs:
        'a plugin outlives a porthole that is killed by SIGKILL, as with kubectl: nobody is left to end it, and it ends when it writes to its closed pipe',
    },
    {
      id: 'C18',
      priority: 'P0',
      words: 'plugin writes 2 GB to stdout / stderr',
      held: [
        {
          file: 'test/unit/credentials/exec-child.test.ts',
          title: 'C18: a plugin that writes without end',
        },
      ],
    },
    {
      id: 'C19',
      priority: 'P0',
      words: 'plugin stderr / installHint / server message with ANSI, OSC 8, CR',
      held: 'here',
    },
    {
      id: 'C20',
      priority: 'P0',
      words: 'plugin command with spaces/;; args; env; relative path',
      held: [
        {
          file: 'test/integration/cli-exec-plugin.test.ts',
          title: 'C20: gets the relative path of its kubeconfig',
        },
        {
          file: 'test/unit/credentials/exec.test.ts',
          title: 'has its arguments as they are: no shell reads them',
        },
        {
          file: 'test/unit/credentials/exec.test.ts',
          title: 'has an empty stdin and a process group of its own',
        },
      ],
    },
    {
      id: 'C21',
      priority: 'P1',
      words: 'plugin policy DenyAll / Allowlist',
      held: [
        {
          file: 'test/integration/cli-exec-plugin.test.ts',
          title: 'C21: does not run when kubectl may not run it either',
        },
        {
          file: 'test/unit/credentials/exec-policy.test.ts',
          title: 'the plugin policy (client-go TestPluginPolicy)',
        },
      ],
    },
    {
      id: 'C22',
      priority: 'P1',
      words:
        'OIDC: refresh 400/500/hang/huge; rotated refresh token; id_token w/o exp; discovery issuer mismatch',
      held: [
        { file: 'test/integration/oidc.test.ts', title: 'C22: tokens of an OIDC provider' },
        { file: 'test/integration/oidc-fetch.test.ts', title: 'without end' },
        { file: 'test/unit/credentials/oidc.test.ts', title: 'a grant answered with %s' },
        { file: 'test/unit/credentials/oidc.test.ts', title: 'a provider that does not answer' },
        { file: 'test/unit/credentials/oidc.test.ts', title: 'has no end' },
        {
          file: 'test/unit/credentials/oidc.test.ts',
          title: 'warns once of an issuer that goes by another name',
        },
        { file: 'test/unit/kubeconfig/persist.test.ts', title: 'keeps mode %o' },
      ],
      differs:
        'an issuer that goes by another name is warned of, not refused: kubectl does not look at it, and the API server decides',
    },
    {
      id: 'C23',
      priority: 'P1',
      words:
        'credential in memory only; /proc/PID/cmdline, environ, core, --report, heap snapshot signal',
      held: 'here',
      differs:
        'what is given as --token stands on the command line until it has been read, a moment; core files and heap snapshots hold what memory holds, and are made only where the operator asks the system or Node for them',
    },
    {
      id: 'C24',
      priority: 'P1',
      words: 'skew: token exp 5 s ahead; host clock −1 h / +1 h',
      held: 'here',
    },
  ],
};
