import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PortholeError } from '../../src/errors.ts';
import { FLAGS } from '../../src/flags/table.ts';
import { type DemoOptions, parseArguments, type ServeOptions } from '../../src/options.ts';

function serve(...argv: string[]): ServeOptions {
  const invocation = parseArguments(argv);
  if (invocation.kind !== 'serve') throw new Error(`not serve but ${invocation.kind}`);
  return invocation.options;
}

function demo(...argv: string[]): DemoOptions {
  const invocation = parseArguments(argv);
  if (invocation.kind !== 'demo') throw new Error(`not demo but ${invocation.kind}`);
  return invocation.options;
}

/** The lines of the usage error. */
function mistakes(...argv: string[]): string[] {
  try {
    parseArguments(argv);
  } catch (error) {
    if (!(error instanceof PortholeError)) throw error;
    expect(error.code).toBe('ERR_USAGE');
    return error.message.split('\n');
  }
  throw new Error('no usage error');
}

describe('serve', () => {
  it("has kubectl proxy's defaults, but for --append-server-path", () => {
    expect(serve()).toMatchObject({
      address: '127.0.0.1',
      port: 8001,
      acceptHosts: ['^localhost$', '^127\\.0\\.0\\.1$', '^\\[::1\\]$'],
      acceptPaths: ['^.*'],
      rejectPaths: ['^/api/.*/pods/.*/exec', '^/api/.*/pods/.*/attach'],
      rejectMethods: ['^$'],
      disableFilter: false,
      keepaliveMs: 0,
      appendServerPath: true,
      allowOrigins: [],
      logFormat: 'auto',
      logFile: undefined,
      shutdownGraceMs: 10_000,
      requestTimeoutMs: 0,
      verbosity: 0,
    });
  });

  it.each<[argv: string[], options: object]>([
    [['proxy', '--port=0'], { port: 0 }],
    [['--port=0', 'proxy'], { port: 0 }],
    [['--port=1', '-p2', '-p', '3'], { port: 3 }],
    [['--address=[::1]'], { address: '::1' }],
    [['--accept_paths', '^/api/,^/apis/'], { acceptPaths: ['^/api/', '^/apis/'] }],
    [['--reject-paths='], { rejectPaths: [] }],
    [['--accept-hosts=a{1,2},b'], { acceptHosts: ['a{1,2}', 'b'] }],
    [['--reject-methods=POST,PUT'], { rejectMethods: ['POST', 'PUT'] }],
    [['--disable-filter'], { disableFilter: true }],
    [['--disable-filter', '--disable_filter=f'], { disableFilter: false }],
    [['--append-server-path=false'], { appendServerPath: false }],
    [['--keepalive=1m'], { keepaliveMs: 60_000 }],
    [['--shutdown-grace=0'], { shutdownGraceMs: 0 }],
    [['--request-timeout=30'], { requestTimeoutMs: 30_000 }],
    [['--request-timeout', '2m'], { requestTimeoutMs: 120_000 }],
    [
      ['--allow-origin=http://a', '--allow-origin', 'http://b:1'],
      { allowOrigins: ['http://a', 'http://b:1'] },
    ],
    [['--log-format=json', '--log-file=x.log'], { logFormat: 'json', logFile: 'x.log' }],
    [['-v=6'], { verbosity: 6 }],
    [['--cache-dir=/tmp/x'], {}],
  ])('%j', (argv, options) => {
    expect(serve(...argv)).toEqual({ ...serve(), ...options });
  });

  it.each<[argv: string[], flags: object]>([
    [['--kubeconfig=a'], { kubeconfig: 'a' }],
    [['--context=a'], { context: 'a' }],
    [['--cluster=a'], { cluster: 'a' }],
    [['--user=a'], { user: 'a' }],
    [['-n', 'a'], { namespace: 'a' }],
    [['-s=https://a:1'], { server: 'https://a:1' }],
    [['--tls-server-name=a'], { tlsServerName: 'a' }],
    [['--certificate-authority=a'], { certificateAuthority: 'a' }],
    [['--insecure-skip-tls-verify'], { insecureSkipTlsVerify: true }],
    [['--client-certificate=a', '--client-key=b'], { clientCertificate: 'a', clientKey: 'b' }],
    [['--token=a'], { token: 'a' }],
    [['--username=a', '--password=b'], { username: 'a', password: 'b' }],
    [['--as=a', '--as-uid=b'], { as: 'a', asUid: 'b' }],
    [['--as-group=a,b', '--as-group=c'], { asGroup: ['a,b', 'c'] }],
    [['--as-user-extra=k=v', '--as-user-extra=k=w'], { asUserExtra: ['k=v', 'k=w'] }],
    [['--proxy-url=socks5://a:1'], { proxyUrl: 'socks5://a:1' }],
    [['--disable-compression=T'], { disableCompression: true }],
    [['--in-cluster'], { inCluster: true }],
    [['--token=a', '--token='], {}],
  ])('hands %j to the kubeconfig', (argv, flags) => {
    expect(serve(...argv).kubeconfig).toEqual({ ...serve().kubeconfig, ...flags });
  });
});

describe('demo', () => {
  it('has the defaults of serve', () => {
    expect(demo('demo')).toEqual({
      address: '127.0.0.1',
      port: 8001,
      shutdownGraceMs: 10_000,
      logFormat: 'auto',
      logFile: undefined,
      logRotation: { maxBytes: 0, maxBackups: 0, maxAgeMs: 0, compress: false },
      logAll: false,
      directory: undefined,
    });
  });

  it('takes its flags before and behind its name', () => {
    expect(demo('-p', '0', 'demo', '--dir=x')).toMatchObject({ port: 0, directory: 'x' });
  });

  it('refuses the flags of serve, and serve refuses its own', () => {
    expect(mistakes('demo', '--context=x')).toEqual(['unknown flag: --context']);
    expect(mistakes('--dir=x')).toEqual(['unknown flag: --dir']);
  });
});

describe('the door', () => {
  it.each([
    [['--require-token-file='], ['--require-token-file needs a file']],
    [
      ['--tls-cert=', '--tls-key='],
      ['--tls-cert needs a file', '--tls-key needs a file'],
    ],
    [
      ['run', '--require-token', '--', 'true'],
      ['clients send a token over TLS only; add --tls to --require-token'],
    ],
  ])('is not left open by %j', (argv, lines) => {
    expect(mistakes(...argv)).toEqual(lines);
  });
});

describe('usage errors', () => {
  it.each<[argv: string[], lines: string[]]>([
    [
      ['--port=x'],
      ['invalid argument "x" for "-p, --port" flag: must be a whole number from 0 to 65535'],
    ],
    [
      ['--port=x', '--port=1'],
      ['invalid argument "x" for "-p, --port" flag: must be a whole number from 0 to 65535'],
    ],
    [
      ['--disable-filter=x'],
      ['invalid argument "x" for "--disable-filter" flag: must be true or false'],
    ],
    [
      ['--disable-filter='],
      ['invalid argument "" for "--disable-filter" flag: must be true or false'],
    ],
    [['--disable-filter', 'false'], ['unexpected argument "false"']],
    [
      ['--keepalive=5'],
      [
        'invalid argument "5" for "--keepalive" flag: missing unit in duration "5" (as in 5s or 1m30s)',
      ],
    ],
    [
      ['--log-format=xml'],
      [
        'invalid argument "xml" for "--log-format" flag: must be auto, pretty, json, combined or off',
      ],
    ],
    [['dmeo'], ['unexpected argument "dmeo" (did you mean demo?)']],
    [
      ['proxy', 'a', 'b'],
      ['unexpected argument "a"', 'unexpected argument "b"'],
    ],
    [['help', 'dmeo'], ['unexpected argument "dmeo" (did you mean demo?)']],
    [['help', 'nope', '--port=x'], ['unexpected argument "nope"']],
    [['demo', 'demo'], ['unexpected argument "demo" (did you mean demo?)']],
    [['--', '-p0'], ['unexpected argument "-p0"']],
    [['--help=x'], ['invalid argument "x" for "-h, --help" flag: must be true or false']],
  ])('%j', (argv, lines) => {
    expect(mistakes(...argv)).toEqual(lines);
  });

  it('names every bad pattern and origin with its flag', () => {
    const lines = mistakes(
      '--accept-hosts=(',
      '--accept-paths=a,,b',
      '--reject-paths=(?=x)',
      '--allow-origin=nowhere',
      '--allow-origin=http://a/',
    );
    expect(lines.map((line) => line.slice(0, line.indexOf(' has ')))).toEqual([
      '--allow-origin',
      '--allow-origin',
      '--accept-hosts',
      '--accept-paths',
      '--reject-paths',
    ]);
  });

  it('are reported all at once', () => {
    const lines = mistakes('--prot=1', '-z', '-p=x', 'stray', '--address=a b', '--keepalive');
    expect(lines.map((line) => line.split(':', 1)[0])).toEqual([
      'unknown flag',
      'unknown shorthand flag',
      'flag needs an argument',
      'unexpected argument "stray"',
      'invalid argument "a b" for "--address" flag',
      'invalid argument "x" for "-p, --port" flag',
    ]);
  });

  it('take one printable line each', () => {
    expect(mistakes('--a\nb\u001b[31m', 'c\nd')).toEqual(['unknown flag: --a?b?[31m']);
    expect(mistakes('-\u001b', '-p=\u001b', '--', 'c\nd')).toEqual([
      "unknown shorthand flag: '?' in -?",
      'unexpected argument "c\\nd"',
      'invalid argument "\\u001b" for "-p, --port" flag: must be a whole number from 0 to 65535',
    ]);
  });

  it.each([
    [['--token=hunter2']],
    [['--token', 'hunter2']],
    [['--password=hunter2']],
    [['--password', 'hunter2']],
    [['-token=hunter2']],
    [['-token', 'hunter2']],
    [['-password=hunter2']],
    [['-password', 'hunter2']],
    [['--tokne=hunter2']],
    [['--tokne', 'hunter2']],
    [['-thunter2']],
    [['---token=hunter2']],
    [['demo', '--token', 'hunter2']],
  ])('never hold a secret: %j', (argv) => {
    expect(mistakes(...argv, '--port=x').join()).not.toContain('hunter2');
  });

  it('are PortholeErrors for any arguments whatever', () => {
    const words = FLAGS.flatMap(({ long, short }) => [`--${long}`, `-${short ?? long}`]);
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom(...words, '-', '--', 'demo', 'proxy', 'help'),
      fc.tuple(fc.constantFrom(...words), fc.string()).map(([flag, value]) => `${flag}=${value}`),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (argv) => {
        try {
          expect(parseArguments(argv).kind).toMatch(/^(serve|demo|help|print)$/);
        } catch (error) {
          expect(error).toBeInstanceOf(PortholeError);
          expect(error).toMatchObject({ code: 'ERR_USAGE' });
        }
      }),
      { numRuns: 300 },
    );
  });
});

it('prints the version of the package', () => {
  expect(parseArguments(['--version'])).toEqual({
    kind: 'print',
    text: expect.stringMatching(/^porthole \d+\.\d+\.\d+\S*\n$/),
  });
});
