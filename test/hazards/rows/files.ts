import type { Area } from '../area.ts';

export const area: Area = {
  section: '3.10',
  name: 'Kubeconfig, files, unix sockets',
  rows: [
    {
      id: 'K01',
      priority: 'P0',
      words:
        'empty, binary, truncated, tabs, two documents, non-map root, wrong kind, missing context/cluster/user …',
      held: 'here',
    },
    { id: 'K02', priority: 'P0', words: 'billion laughs', held: 'here' },
    { id: 'K03', priority: 'P0', words: 'nesting 1,000 / 10⁵; reload of it 100×', held: 'here' },
    {
      id: 'K04',
      priority: 'P0',
      words: '90 KB map with 10,000 keys; 5 MB with 100,000 keys; 23 MB file with 5,000 clusters',
      held: 'here',
    },
    { id: 'K05', priority: 'P0', words: 'duplicate keys', held: 'here' },
    {
      id: 'K06',
      priority: 'P0',
      words: 'token 1e3, 0123, 12345678901234567890, ~, yes unquoted',
      held: 'here',
    },
    {
      id: 'K07',
      priority: 'P0',
      words: '__proto__, constructor keys/names as context names',
      held: 'here',
    },
    {
      id: 'K08',
      priority: 'P1',
      words: 'merge keys <<, custom tags, anchors for shared blocks',
      held: 'here',
    },
    {
      id: 'K09',
      priority: 'P0',
      words: 'file mode 0644/0664, other owner, group-writable directory, symlink',
      held: 'here',
    },
    {
      id: 'K10',
      priority: 'P0',
      words:
        'unix socket: mode, stale socket, live socket, regular file or symlink at path, path > 107 bytes',
      held: 'here',
    },
    { id: 'K11', priority: 'P0', words: 'audit log file', held: 'here' },
    {
      id: 'K12',
      priority: 'P0',
      words: 'static: .., %2e%2e%2f, ..%5c, NUL, absolute, double-encoded, //etc',
      held: 'here',
    },
    {
      id: 'K13',
      priority: 'P0',
      words: 'symlink inside root → outside; hard link; FIFO; device; directory; dotfiles',
      held: 'here',
    },
    {
      id: 'K14',
      priority: 'P1',
      words: 'Range, If-None-Match, HEAD, 2 GB file, file truncated while sent',
      held: 'here',
    },
    {
      id: 'K15',
      priority: 'P1',
      words: 'files: nosniff, no Access-Control-*, Host and cross-site rules',
      held: 'here',
    },
    {
      id: 'K16',
      priority: 'P1',
      words: '$KUBECONFIG with a list, missing members, ~, relative cert paths',
      held: 'here',
    },
    {
      id: 'K17',
      priority: 'P0',
      words: 'server: http://, with a path, userinfo, a query, IPv6',
      held: 'here',
    },
    { id: 'K18', priority: 'P1', words: 'proxy-url, HTTPS_PROXY, NO_PROXY', held: 'here' },
  ],
};
