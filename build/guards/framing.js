// Guards against messages that two readers could read in two ways; see asking.js for what a patch is.
const HEAD = 'src/http1/head.ts';
const REQUEST = 'src/http1/request-head.ts';
const CHUNKS = 'src/http1/chunked.ts';
const HEADS = ['test/hazards/framing-heads', 'test/unit/http1/request-head-refused'];
const BODIES = ['test/hazards/framing-bodies', 'test/integration/request-framing'];
const CHUNKED = ['test/hazards/framing-chunks', 'test/unit/http1/chunked'];
const ANSWERS = [
  'test/hazards/headers-answers',
  'test/integration/response-hazards',
  'test/unit/http1/response-head',
];
const UPGRADES = ['test/hazards/tunnels-refused', 'test/integration/upgrade'];

export const FRAMING = [
  {
    guard: 'framing: never Content-Length and Transfer-Encoding',
    tests: HEADS,
    patches: [
      [HEAD, 'if (lengths > 0 && codings > 0) {', 'if (lengths < 0) {'],
      [HEAD, 'if (lengths + codings > 1) {', 'if (lengths > 1 || codings > 1) {'],
    ],
  },
  {
    guard: 'framing: never two lengths',
    tests: HEADS,
    patches: [[HEAD, 'if (lengths + codings > 1) {', 'if (lengths + codings > 2) {']],
  },
  {
    guard: 'framing: a length is a plain number',
    tests: HEADS,
    patches: [[HEAD, 'if (!LENGTH.test(value))', "if (value === '')"]],
  },
  {
    guard: 'framing: no transfer coding but chunked',
    tests: HEADS,
    patches: [[HEAD, "?.toLowerCase() !== 'chunked'", "?.toLowerCase() === ''"]],
  },
  {
    guard: 'framing: no chunks in HTTP/1.0',
    tests: HEADS,
    patches: [[HEAD, "if (version === '1.0') throw", 'if (version === undefined) throw']],
  },
  {
    guard: 'framing: no body where HTTP/1.0 has none',
    tests: HEADS,
    patches: [[REQUEST, '&& BODILESS_IN_1_0.has(method)', "&& method === ''"]],
  },
  {
    guard: 'framing: lines end with CRLF',
    tests: HEADS,
    patches: [
      [
        HEAD,
        "if (end >= 0 && head.indexOf('\\n', at) === end + 1) return end;",
        'if (end >= 0) return end;',
      ],
    ],
  },
  {
    guard: 'framing: no control characters',
    tests: HEADS,
    patches: [[HEAD, 'if (!TEXT.test(head))', "if (head === '')"]],
  },
  {
    guard: 'framing: names are tokens',
    tests: HEADS,
    patches: [
      [
        'src/http1/field-names.ts',
        '(TOKEN.test(name) ? name.toLowerCase() : undefined)',
        'name.toLowerCase()',
      ],
    ],
  },
  {
    guard: 'framing: a target is visible ASCII',
    tests: HEADS,
    patches: [[REQUEST, 'if (!VISIBLE.test(target))', "if (target === '')"]],
  },
  {
    guard: 'framing: header lines are counted',
    tests: HEADS,
    patches: [[HEAD, 'if (keys.length === maxLines)', 'if (keys.length < 0)']],
  },
  {
    guard: 'framing: a body ends where its length says',
    tests: BODIES,
    patches: [
      [
        'src/http1/framing.ts',
        'const taken = Math.min(this.#left, bytes.length - start);',
        'const taken = bytes.length - start;',
      ],
    ],
  },
  {
    guard: 'framing: a body that breaks off is never completed',
    tests: BODIES,
    patches: [
      [
        'src/server/connection.ts',
        'else if (exchange.longRunning || !exchange.requestComplete) exchange.fail(clientGone());',
        'else if (exchange.longRunning) exchange.fail(clientGone());',
      ],
    ],
  },
  {
    guard: 'framing: trailers of requests stay here',
    tests: BODIES,
    patches: [['src/http1/framing.ts', "trailers: 'drop'", "trailers: 'keep'"]],
  },
  {
    guard: 'framing: no expectation but 100-continue',
    tests: BODIES,
    patches: [
      [
        'src/server/request-rules.ts',
        "return value.toLowerCase() !== '100-continue';",
        "return value === '';",
      ],
    ],
  },
  {
    guard: 'chunk: sizes are hexadecimal digits',
    tests: CHUNKED,
    patches: [
      [CHUNKS, "} else throw this.#broken('chunk size is not a hexadecimal number');", '}'],
    ],
  },
  {
    guard: 'chunk: sizes are bounded',
    tests: CHUNKED,
    patches: [[CHUNKS, '++this.#digits > MAX_SIZE_DIGITS', '++this.#digits < 0']],
  },
  {
    guard: 'chunk: lines end with CRLF, data where its size says',
    tests: CHUNKED,
    patches: [[CHUNKS, 'if (byte !== wanted)', 'if (wanted < 0)']],
  },
  {
    guard: 'chunk: extensions are well-formed',
    tests: CHUNKED,
    patches: [[CHUNKS, 'if (!EXTENSION.test(this.#text))', "if (this.#text === '')"]],
  },
  {
    guard: 'chunk: extensions are short',
    tests: CHUNKED,
    patches: [[CHUNKS, 'if (this.#text.length === MAX_EXTENSION)', 'if (this.#text.length < 0)']],
  },
  {
    guard: 'answer: none has a body that its status forbids',
    tests: ANSWERS,
    patches: [
      [
        'src/http1/response-head.ts',
        'if (announced !== undefined && hasBody(announced)) {',
        'if (status < 0) {',
      ],
    ],
  },
  {
    guard: 'answer: it begins as one',
    tests: ANSWERS,
    patches: [['src/http1/response-head.ts', 'if (!STATUS_LINE.test(line))', "if (line === '')"]],
  },
  {
    guard: 'answer: interim ones are counted',
    tests: ANSWERS,
    patches: [
      ['src/upstream/response-heads.ts', '++this.#interim > MAX_INTERIM', '++this.#interim < 0'],
    ],
  },
  {
    guard: 'answer: no 101 that nobody asked for',
    tests: [...ANSWERS, ...UPGRADES],
    patches: [
      [
        'src/forward/http.ts',
        'if (head.status !== 101) super.onHead(head);',
        'if (head.status > 0) super.onHead(head);',
      ],
    ],
  },
  {
    guard: 'upgrade: to what was asked for',
    tests: UPGRADES,
    patches: [
      [
        'src/forward/upgrade.ts',
        'if (one && head.upgrade?.toLowerCase() === asked.toLowerCase())',
        'if (one)',
      ],
    ],
  },
  {
    guard: 'upgrade: no answer below 400',
    tests: UPGRADES,
    patches: [
      ['src/forward/upgrade.ts', 'head.status < 400 && STREAMING', 'head.status < 0 && STREAMING'],
    ],
  },
  {
    guard: 'upgrade: none to HTTP or TLS',
    tests: UPGRADES,
    patches: [['src/forward/upgrade.ts', '&& !UNTUNNELLED.test(request.upgrade)', '']],
  },
  {
    guard: 'upgrade: none with a body',
    tests: UPGRADES,
    patches: [
      [
        'src/forward/forward.ts',
        'if (upgrade && hasBody(request.framing)) {',
        "if (upgrade && request.method === '') {",
      ],
    ],
  },
  {
    guard: 'upgrade: what follows a refused one is no request',
    tests: UPGRADES,
    patches: [
      [
        'src/server/client-exchange.ts',
        'request.keepAlive && request.upgrade === undefined',
        'request.keepAlive',
      ],
    ],
  },
];
