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
      held: 'here',
    },
    { id: 'C07', priority: 'P0', words: 'tls-server-name set / mismatch', held: 'here' },
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
    { id: 'C10', priority: 'P0', words: 'client cert file rotated on disk', held: 'here' },
    {
      id: 'C11',
      priority: 'P0',
      words: 'an expired client certificate, whose alert comes after the request',
      held: 'here',
    },
    { id: 'C12', priority: 'P0', words: 'tokenFile changes', held: 'here' },
    {
      id: 'C13',
      priority: 'P0',
      words: '401 with cached token; plugin/OIDC has a new one',
      held: 'here',
    },
    { id: 'C14', priority: 'P0', words: '401 storm, 200 parallel', held: 'here' },
    { id: 'C15', priority: 'P0', words: "a 401 to the client's own Authorization", held: 'here' },
    {
      id: 'C16',
      priority: 'P0',
      words:
        'exec plugin: missing, failing, killed, silent, garbage, wrong version, no status, half a pair, bad PEM …',
      held: 'here',
    },
    { id: 'C17', priority: 'P0', words: 'plugin hangs', held: 'here' },
    { id: 'C18', priority: 'P0', words: 'plugin writes 2 GB to stdout / stderr', held: 'here' },
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
      held: 'here',
    },
    { id: 'C21', priority: 'P1', words: 'plugin policy DenyAll / Allowlist', held: 'here' },
    {
      id: 'C22',
      priority: 'P1',
      words:
        'OIDC: refresh 400/500/hang/huge; rotated refresh token; id_token w/o exp; discovery issuer mismatch',
      held: 'here',
    },
    {
      id: 'C23',
      priority: 'P1',
      words:
        'credential in memory only; /proc/PID/cmdline, environ, core, --report, heap snapshot signal',
      held: 'here',
    },
    {
      id: 'C24',
      priority: 'P1',
      words: 'skew: token exp 5 s ahead; host clock −1 h / +1 h',
      held: 'here',
    },
  ],
};
