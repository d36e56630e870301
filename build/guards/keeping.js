// Guards of credentials, of the record and of files; see asking.js for what a patch is.
const TLS = 'src/upstream/tls.ts';
const CERTIFICATES = ['test/integration/upstream-errors', 'test/hazards/credentials-tls'];
const LOOKUP = 'src/files/lookup.ts';
const WWW = ['test/hazards/files', 'test/unit/files/lookup'];
const PLUGINS = ['test/unit/credentials/exec'];

export const KEEPING = [
  {
    guard: 'TLS: the API server is verified',
    tests: CERTIFICATES,
    patches: [
      [TLS, 'rejectUnauthorized: !settings.insecureSkipTlsVerify,', 'rejectUnauthorized: false,'],
    ],
  },
  {
    guard: 'TLS: whatever the environment says',
    tests: CERTIFICATES,
    patches: [
      [
        TLS,
        'rejectUnauthorized: !settings.insecureSkipTlsVerify,',
        '...(settings.insecureSkipTlsVerify ? { rejectUnauthorized: false } : {}),',
      ],
    ],
  },
  {
    guard: 'TLS: by its own name',
    tests: CERTIFICATES,
    patches: [
      [
        TLS,
        'return checkServerIdentity(name, { ...certificate, subject: NOBODY });',
        'return undefined;',
      ],
    ],
  },
  {
    guard: 'TLS: by an alternative name, not a common one',
    tests: CERTIFICATES,
    patches: [
      [TLS, 'if (certificate.subjectaltname === undefined) return new Error(NO_SAN);', ''],
      [TLS, '{ ...certificate, subject: NOBODY }', 'certificate'],
    ],
  },
  {
    guard: 'TLS: by tls-server-name',
    tests: CERTIFICATES,
    patches: [[TLS, '(settings.serverName ?? hostname)', 'hostname']],
  },
  {
    guard: 'door: without the token nobody gets in',
    tests: ['test/unit/server/door'],
    patches: [['src/server/door.ts', 'if (proven) return', 'if (kept) return']],
  },
  {
    guard: 'door: a login is good once',
    tests: ['test/unit/server/login', 'test/unit/server/door'],
    patches: [
      [
        'src/server/door.ts',
        '      code = newToken();\n      const session',
        '      const session',
      ],
    ],
  },
  {
    guard: 'plugin: its output is bounded',
    tests: PLUGINS,
    patches: [
      [
        'src/credentials/exec/child.ts',
        'if (this.#bytes[stream] <= MAX_OUTPUT_BYTES) return true;',
        'if (this.#bytes[stream] >= 0) return true;',
      ],
    ],
  },
  {
    guard: 'plugin: its time is bounded',
    tests: PLUGINS,
    patches: [
      [
        'src/credentials/exec/child.ts',
        'if (run.timeoutMs > 0 && !run.isInteractive)',
        'if (run.timeoutMs < 0)',
      ],
    ],
  },
  {
    guard: 'kubeconfig: its depth is bounded',
    tests: ['test/unit/kubeconfig/yaml'],
    patches: [
      [
        'src/kubeconfig/yaml.ts',
        'if (parser.stack.length > MAX_DEPTH && depthOf(parser) > MAX_DEPTH)',
        'if (parser.stack.length < 0)',
      ],
    ],
  },
  {
    guard: 'kubeconfig: aliases are counted',
    tests: ['test/unit/kubeconfig/yaml'],
    patches: [['src/kubeconfig/yaml.ts', 'if (this.#left < 0)', 'if (nodes < 0)']],
  },
  {
    guard: 'kubeconfig: the host of a server is read in one way',
    tests: ['test/unit/kubeconfig/server-address'],
    patches: [
      [
        'src/kubeconfig/server-address.ts',
        'return domainToASCII(text) || undefined;',
        'return text;',
      ],
    ],
  },
  {
    guard: 'logs: queries are masked',
    tests: ['test/unit/record/query', 'test/hazards/logs'],
    patches: [
      [
        'src/record/mask/query.ts',
        'if (!SUSPECT.test(query)) return query;',
        'if (SUSPECT) return query;',
      ],
    ],
  },
  {
    guard: 'logs: header fields are masked',
    tests: ['test/unit/record/mask/field', 'test/hazards/logs'],
    patches: [['src/record/mask/field.ts', 'return maskCredentials(value);', 'return value;']],
  },
  {
    guard: 'logs: Secrets in bodies are redacted',
    tests: ['test/unit/record/mask/redact', 'test/hazards/logs'],
    patches: [
      [
        'src/record/mask/redact.ts',
        "if (hint === 'Secret' || depth === 0) return this.#hide(value);",
        'if (depth === 0) return this.#hide(value);',
      ],
      [
        'src/record/mask/redact.ts',
        "return resource.endsWith('secrets') ? 'LikeSecret' : undefined;",
        'return undefined;',
      ],
      ['src/record/mask/redact.ts', "if (resource === 'secrets') return 'Secret';", ''],
    ],
  },
  {
    guard: 'files: a unix socket is its owner’s alone',
    tests: ['test/integration/unix-socket'],
    patches: [
      ['src/server/unix-socket.ts', 'chmodSync(draft, 0o600);', 'chmodSync(draft, 0o666);'],
    ],
  },
  {
    guard: 'files: no symbolic link leads out of --www',
    tests: WWW,
    patches: [[LOOKUP, 'if (!isWithin(realRoot, realPath))', "if (realRoot === '')"]],
  },
  {
    guard: 'files: nothing but regular files',
    tests: WWW,
    patches: [
      [LOOKUP, 'if (stats.isFile()) return { kind', 'if (stats.isFile() || name) return { kind'],
      [LOOKUP, 'if (!stats.isFile()) throw refused(NOT_REGULAR);', ''],
    ],
  },
  {
    guard: 'inspector: SIGUSR1 opens none',
    built: true,
    tests: ['test/integration/cli-exec-plugin'],
    patches: [['src/cli.ts', "process.on('SIGUSR1', () => {});", '']],
  },
  {
    guard: 'inspector: what an early signal has opened is closed',
    built: true,
    tests: ['test/integration/inspector'],
    patches: [['src/cli.ts', '\ncloseInspector();\n', '\n']],
  },
  {
    guard: 'runtime: a Node.js with known holes is warned of',
    tests: ['test/unit/commands/runtime'],
    patches: [
      [
        'src/commands/runtime.ts',
        'if (mended === undefined) {',
        'if (mended !== undefined) return undefined;\n  else {',
      ],
    ],
  },
];
