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
      differs:
        'of two documents the first one counts, as in kubectl; a line is named where the text is broken, else the entry and its field',
    },
    { id: 'K02', priority: 'P0', words: 'billion laughs', held: 'here' },
    { id: 'K03', priority: 'P0', words: 'nesting 1,000 / 10⁵; reload of it 100×', held: 'here' },
    {
      id: 'K04',
      priority: 'P0',
      words: '90 KB map with 10,000 keys; 5 MB with 100,000 keys; 23 MB file with 5,000 clusters',
      held: 'here',
    },
    {
      id: 'K05',
      priority: 'P0',
      words: 'duplicate keys',
      held: [
        { file: 'test/unit/kubeconfig/yaml.test.ts', title: 'the last of duplicate keys' },
        { file: 'test/unit/kubeconfig/parse.test.ts', title: 'clusters twice' },
        {
          file: 'test/unit/kubeconfig/parse.test.ts',
          title: 'never shows the entries beside a duplicate user',
        },
      ],
      differs: 'the last of two equal keys counts, as in kubectl; entries of one name are an error',
    },
    {
      id: 'K06',
      priority: 'P0',
      words: 'token 1e3, 0123, 12345678901234567890, ~, yes unquoted',
      held: [
        { file: 'test/unit/kubeconfig/parse.test.ts', title: 'token: %s is no string' },
        { file: 'test/unit/kubeconfig/parse.test.ts', title: '%s: ~ is a mistake' },
      ],
    },
    {
      id: 'K07',
      priority: 'P0',
      words: '__proto__, constructor keys/names as context names',
      held: [
        { file: 'test/unit/kubeconfig/parse.test.ts', title: 'names of Object.prototype' },
        {
          file: 'test/unit/kubeconfig/choose.test.ts',
          title: 'names of Object.prototype are not found where they are not',
        },
        { file: 'test/unit/kubeconfig/yaml.test.ts', title: 'names of Object.prototype' },
      ],
    },
    {
      id: 'K08',
      priority: 'P1',
      words: 'merge keys <<, custom tags, anchors for shared blocks',
      held: [
        { file: 'test/unit/kubeconfig/yaml.test.ts', title: 'merges <<, own keys first' },
        { file: 'test/unit/kubeconfig/yaml.test.ts', title: 'a custom tag' },
        {
          file: 'test/unit/kubeconfig/yaml.test.ts',
          title: 'a block shared by many entries is no bomb',
        },
      ],
      differs: '<< merges, as in kubectl',
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
      held: [
        { file: 'test/integration/unix-socket.test.ts', title: 'is never seen with another mode' },
        {
          file: 'test/integration/unix-socket.test.ts',
          title: 'takes the place of one that nobody serves any more',
        },
        { file: 'test/integration/unix-socket.test.ts', title: 'a socket that is served' },
        { file: 'test/integration/unix-socket.test.ts', title: 'a link to a stale socket' },
        { file: 'test/integration/unix-socket.test.ts', title: 'is gone when %s returns' },
        {
          file: 'test/integration/unix-socket.test.ts',
          title: 'can be as long as the system takes',
        },
      ],
    },
    {
      id: 'K11',
      priority: 'P0',
      words: 'audit log file',
      held: [
        {
          file: 'test/unit/record/sink/log-file.test.ts',
          title: 'creates the file for its owner alone',
        },
        {
          file: 'test/unit/record/sink/log-file.test.ts',
          title: 'does not follow a symbolic link',
        },
        {
          file: 'test/unit/record/sink/log-file.test.ts',
          title: 'is taken from those who could see or change it',
        },
        {
          file: 'test/unit/record/sink/rotation.test.ts',
          title: 'when two processes put one file aside',
        },
        { file: 'test/unit/record/har/archive.test.ts', title: 'when two write to it' },
      ],
    },
    {
      id: 'K12',
      priority: 'P0',
      words: 'static: .., %2e%2e%2f, ..%5c, NUL, absolute, double-encoded, //etc',
      held: [
        { file: 'test/unit/files/lookup.test.ts', title: 'K12 %j leads nowhere' },
        { file: 'test/unit/files/lookup.test.ts', title: 'K12 that is the absolute one' },
        { file: 'test/integration/www.test.ts', title: 'K12, K13 %s' },
      ],
    },
    {
      id: 'K13',
      priority: 'P0',
      words: 'symlink inside root → outside; hard link; FIFO; device; directory; dotfiles',
      held: [
        { file: 'test/unit/files/lookup.test.ts', title: 'K13 a symbolic link' },
        {
          file: 'test/unit/files/lookup.test.ts',
          title: 'K13 a special file is refused before it is opened',
        },
        {
          file: 'test/unit/files/lookup.test.ts',
          title: 'serves a hard link: the file is in the root',
        },
        {
          file: 'test/integration/www.test.ts',
          title: 'without one is not found, and the answer says how to see it',
        },
        {
          file: 'test/unit/files/lookup.test.ts',
          title: 'what takes the place of a file between finding and opening',
        },
      ],
      differs: 'hard links and names that begin with a dot are files of the folder like any other',
    },
    {
      id: 'K14',
      priority: 'P1',
      words: 'Range, If-None-Match, HEAD, 2 GB file, file truncated while sent',
      held: [
        { file: 'test/integration/www.test.ts', title: 'a part of a file' },
        { file: 'test/integration/www.test.ts', title: 'a conditional request' },
        { file: 'test/integration/www.test.ts', title: 'HEAD says the same' },
        {
          file: 'test/integration/www-streams.test.ts',
          title: 'K14 is read no faster than its client reads',
        },
        {
          file: 'test/integration/www-streams.test.ts',
          title: 'K14 that shrinks while it is sent',
        },
      ],
    },
    {
      id: 'K15',
      priority: 'P1',
      words: 'files: nosniff, no Access-Control-*, Host and cross-site rules',
      held: [
        {
          file: 'test/integration/www.test.ts',
          title: 'comes with all that a cache and a browser need',
        },
        { file: 'test/integration/www.test.ts', title: 'H10 a page behind another name' },
      ],
    },
    {
      id: 'K16',
      priority: 'P1',
      words: '$KUBECONFIG with a list, missing members, ~, relative cert paths',
      held: [
        { file: 'test/unit/kubeconfig/files.test.ts', title: 'KUBECONFIG in order' },
        {
          file: 'test/unit/kubeconfig/files.test.ts',
          title: 'passes over missing files, and resolves paths',
        },
        {
          file: 'test/unit/kubeconfig/files.test.ts',
          title: 'the first file that has a name gives its entry whole',
        },
        { file: 'test/unit/kubeconfig/parse.test.ts', title: 'paths are relative to the file' },
      ],
    },
    {
      id: 'K17',
      priority: 'P0',
      words: 'server: http://, with a path, userinfo, a query, IPv6',
      held: 'here',
    },
    {
      id: 'K18',
      priority: 'P1',
      words: 'proxy-url, HTTPS_PROXY, NO_PROXY',
      held: [
        {
          file: 'test/unit/upstream/proxy-choice.test.ts',
          title: 'the environment names the proxy',
        },
        { file: 'test/unit/upstream/proxy-choice.test.ts', title: 'NO_PROXY spares' },
        {
          file: 'test/unit/upstream/proxy-choice.test.ts',
          title: 'what can not be read is refused, by its variable',
        },
        {
          file: 'test/integration/ways-out.test.ts',
          title: "the API server's certificate is verified all the same",
        },
        {
          file: 'test/integration/ways-out-connect.test.ts',
          title: 'what the proxy echoes stays unsaid',
        },
        {
          file: 'test/e2e/canaries-credentials.test.ts',
          title: 'a password of a proxy in the environment',
        },
      ],
    },
  ],
};
