// Guards that decide who may ask, and for what. Each patch is a file, the text that has to stand in it once, and what is to
// stand there instead; the tests are those that should miss the guard.
const ADMIT = 'src/server/admit.ts';
const TARGET = 'src/server/request-target.ts';
const REWRITE = 'src/forward/rewrite.ts';
const HOST = ['test/hazards/host'];
const CROSS_SITE = ['test/hazards/cross-site'];
const PATHS = ['test/hazards/paths.test'];
const HEADERS = ['test/hazards/headers', 'test/integration/header-policy'];

export const ASKING = [
  { guard: 'host: it is judged', tests: HOST, patches: [[ADMIT, 'checkHost(request.host);', '']] },
  {
    guard: 'host: what is no host is refused',
    tests: HOST,
    patches: [['src/server/host.ts', "return 'malformed';", "return 'accepted';"]],
  },
  {
    guard: 'host: there is one',
    tests: [...HOST, 'test/unit/http1/request-head-refused'],
    patches: [
      ['src/http1/request-head.ts', "headers.count('host') !== 1", "headers.count('host') === 0"],
    ],
  },
  {
    guard: 'host: that of a whole URL is the same',
    tests: HOST,
    patches: [
      [
        'src/http1/request-head.ts',
        '.toLowerCase() !== host.toLowerCase()',
        ".toLowerCase() === ''",
      ],
    ],
  },
  {
    guard: 'origin: it is judged',
    tests: CROSS_SITE,
    patches: [[ADMIT, 'checkOrigin(request);', '']],
  },
  {
    guard: 'origin: on upgrades, also beside Sec-Fetch-Site',
    tests: [...CROSS_SITE, 'test/integration/admit'],
    patches: [
      [
        'src/server/origin.ts',
        "site === undefined || request.headers.has('upgrade')",
        'site === undefined',
      ],
    ],
  },
  {
    guard: 'origin: the same site is another origin',
    tests: CROSS_SITE,
    patches: [
      [
        'src/server/origin.ts',
        "site !== 'same-origin' && site !== 'none'",
        "site === 'cross-site'",
      ],
    ],
  },
  {
    guard: 'origin: it stands there once',
    tests: CROSS_SITE,
    patches: [['src/server/origin.ts', 'headers.count(key) === 1', 'headers.count(key) > 0']],
  },
  {
    guard: 'origin: answers open nothing to other origins',
    tests: [...CROSS_SITE, ...HEADERS],
    patches: [[REWRITE, "!key.startsWith('access-control-') && ", '']],
  },
  {
    guard: 'path: dot segments',
    tests: PATHS,
    patches: [
      [TARGET, "decodedPath.includes('/.') && DOT_SEGMENT", "decodedPath === '' && DOT_SEGMENT"],
    ],
  },
  {
    guard: 'path: escaped control characters',
    tests: PATHS,
    patches: [[TARGET, 'if (CONTROL.test(decoded))', "if (decoded === '')"]],
  },
  {
    guard: 'path: backslashes',
    tests: PATHS,
    patches: [[TARGET, "decodedPath.includes('\\\\')", "decodedPath === ''"]],
  },
  {
    guard: 'path: it is judged decoded',
    tests: PATHS,
    patches: [[TARGET, "path.includes('%') ? decodeOnce(path) : path", 'path']],
  },
  {
    guard: 'path: it is judged with its slashes collapsed, too',
    tests: [...PATHS, 'test/integration/admit', 'test/unit/server'],
    patches: [['src/server/paths.ts', "path.includes('//')", "path === ''"]],
  },
  {
    guard: 'path: --reject-paths',
    tests: PATHS,
    patches: [['src/server/paths.ts', "if (readings.some(rejects)) return 'rejected';", '']],
  },
  {
    guard: 'path: methods that are none of the API',
    tests: PATHS,
    patches: [[ADMIT, '!METHODS.includes(method)', "method === ''"]],
  },
  {
    guard: 'path: --reject-methods',
    tests: ['test/unit/server/admit', 'test/integration/admit'],
    patches: [[ADMIT, 'if (rejected.has(method))', "if (method === '')"]],
  },
  {
    guard: 'headers: hop-by-hop ones go',
    tests: HEADERS,
    patches: [[REWRITE, '    HOP_BY_HOP.has(key) ||\n    FORBIDDEN', '    FORBIDDEN']],
  },
  {
    guard: 'headers: those that Connection names go',
    tests: HEADERS,
    patches: [[REWRITE, '(nominated.length === 0 || !nominated.includes(key))', "key !== ''"]],
  },
  {
    guard: 'headers: Connection can not name the framing',
    tests: HEADERS,
    patches: [[REWRITE, '.filter((name) => !NOT_NOMINABLE.has(name))', '']],
  },
  {
    guard: 'headers: X-Remote-* go',
    tests: HEADERS,
    patches: [[REWRITE, "key.startsWith('x-remote-') ||", '']],
  },
  {
    guard: 'headers: X-Forwarded-* go',
    tests: HEADERS,
    patches: [[REWRITE, "key.startsWith('x-forwarded-') ||", '']],
  },
  {
    guard: 'headers: Forwarded and its like go',
    tests: HEADERS,
    patches: [[REWRITE, 'FORBIDDEN.has(key) ||', '']],
  },
  {
    guard: 'headers: names with an underscore go',
    tests: [...HEADERS, 'test/hazards/framing-fields'],
    patches: [[REWRITE, "key.includes('_')", "key === ''"]],
  },
  {
    guard: 'headers: Impersonate-* beside an impersonation of ours',
    tests: HEADERS,
    patches: [[ADMIT, 'if (options.impersonating) checkImpersonation(request.headers);', '']],
  },
  {
    guard: 'headers: one credential, never two',
    tests: HEADERS,
    patches: [
      [
        REWRITE,
        'credential.authorization !== undefined && !bringsCredential(request, nominated)',
        'credential.authorization !== undefined',
      ],
    ],
  },
];
