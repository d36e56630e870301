// Guards of the connections and of what goes over them; see asking.js for what a patch is.
const FORWARD = 'src/forward/forward.ts';
const CLIENT = 'src/server/client-exchange.ts';
const STALE = ['test/integration/stale-connection', 'test/integration/truncation'];
const SLOW = ['test/integration/streaming'];
const CLIENT_CONNECTION = 'src/server/connection.ts';
const BULK = ['test/integration/bulk'];
const TUNNELS = ['test/integration/tunnel-ends'];

export const ANSWERS = [
  {
    guard: 'pool: a connection on which something comes unasked is thrown away',
    tests: [
      'test/integration/response-hazards',
      'test/integration/moved-answers',
      'test/integration/pool.test',
    ],
    patches: [
      [
        'src/upstream/connection.ts',
        '      this.#useless();\n      return;',
        '      this.#heads.held = Buffer.from(bytes);\n      return;',
      ],
      ['src/upstream/connection.ts', ' && this.#heads.held.length === 0', ''],
    ],
  },
  {
    guard: 'pool: a connection whose answer had more behind it is not used again',
    tests: ['test/integration/response-hazards'],
    patches: [['src/upstream/connection.ts', ' && this.#heads.held.length === 0', '']],
  },
  {
    guard: 'pool: a connection serves one client certificate',
    tests: ['test/integration/pool.test'],
    patches: [
      [
        'src/upstream/idle-connections.ts',
        'if (!old && connection.certificate === certificate) return connection;',
        'if (!old) return connection;',
      ],
    ],
  },
  {
    guard: 'twice: only what is safe is sent once more',
    tests: STALE,
    patches: [
      [
        FORWARD,
        "return framing.kind === 'none' && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS');",
        'return method !== framing.kind;',
      ],
    ],
  },
  {
    guard: 'twice: only before any byte of an answer',
    tests: STALE,
    patches: [
      [FORWARD, '    !connection.answered &&\n    exchange.failure', '    exchange.failure'],
    ],
  },
  {
    guard: "twice: not for a 401 to the client's own credential",
    tests: ['test/integration/unauthorized'],
    patches: [['src/forward/answer-relay.ts', ' && !provesItself(this.#request);', ';']],
  },
  {
    guard: 'backpressure: a client that does not read stops the API server',
    tests: SLOW,
    patches: [
      ['src/forward/answer-relay.ts', 'if (!room || !goesOn) this.#source.pause();', 'void room;'],
    ],
  },
  {
    guard: 'backpressure: whose turn has come waits for its reader all the same',
    tests: BULK,
    patches: [
      [
        'src/forward/answer-relay.ts',
        'if (!this.#isFull) this.#source.resume();',
        'this.#source.resume();',
      ],
    ],
  },
  {
    guard: 'backpressure: and a body for the API server',
    tests: BULK,
    patches: [
      [
        'src/forward/outgoing-body.ts',
        'if (this.#socket?.writableNeedDrain === false) this.#exchange.resumeBody();',
        'this.#exchange.resumeBody();',
      ],
    ],
  },
  {
    guard: 'turns: bodies in bulk take turns',
    tests: ['test/unit/forward/bulk', 'test/integration/bulk'],
    patches: [['src/forward/bulk.ts', 'if (this.#run < PER_FLOW', 'if (this.#run >= 0']],
  },
  {
    guard: 'turns: what a reader took does not end the wait for the next turn',
    tests: BULK,
    patches: [['src/forward/http.ts', 'if (!bulk.holds(this)) super.resume();', 'super.resume();']],
  },
  {
    guard: 'backpressure: an API server that does not read stops the client',
    tests: SLOW,
    patches: [
      [
        CLIENT,
        '} else if (!this.#send(this.#sink, piece)) {',
        '} else if (this.#send(this.#sink, piece) === undefined) {',
      ],
    ],
  },
  {
    guard: 'backpressure: a client that sends requests far ahead',
    tests: ['test/integration/pipelining'],
    patches: [[CLIENT_CONNECTION, 'if (waits && this.#heads.isFull) this.socket.pause();', '']],
  },
  {
    guard: 'backpressure: in a tunnel, a client that does not read',
    tests: TUNNELS,
    patches: [
      [
        'src/forward/upgrade.ts',
        'if (!client.write(bytes)) connection.pause();',
        'client.write(bytes);',
      ],
    ],
  },
  {
    guard: 'backpressure: in a tunnel, an API server that does not read',
    tests: TUNNELS,
    patches: [
      [
        'src/forward/upgrade.ts',
        'if (!upstream.socket.write(bytes)) client.socket.pause();',
        'upstream.socket.write(bytes);',
      ],
    ],
  },
  {
    guard: 'truncation: by HTTP/2, a connection that was reset while it was written to',
    tests: ['test/integration/http2-stuck-writes'],
    patches: [
      [
        'src/upstream/http2/stuck-writes.ts',
        'if (suspected && isStuck(socket)) socket.destroy(reset());',
        'if (suspected) suspected = false;',
      ],
    ],
  },
  {
    guard: 'truncation: an answer that broke off does not look complete',
    tests: ['test/integration/truncation'],
    patches: [['src/handle.ts', '    exchange.abort();', '    exchange.end();']],
  },
  {
    guard: 'truncation: nor one that ends with the connection',
    tests: ['test/integration/truncation'],
    patches: [
      [
        CLIENT,
        "this.#carrier.cut(this.responded && this.#framing.kind === 'close');",
        'this.#carrier.cut(false);',
      ],
    ],
  },
  {
    guard: 'truncation: a tunnel whose API server was reset',
    tests: TUNNELS,
    patches: [
      [
        'src/forward/upgrade.ts',
        'if (!client.socket.destroyed) client.cut();',
        'client.socket.end();',
      ],
    ],
  },
  {
    guard: 'gone: the API server is told when its client leaves',
    tests: ['test/integration/client-gone.test'],
    patches: [
      [
        'src/forward/answer-relay.ts',
        '    this.exchange.onFailure = (failure) => this.fail(failure);',
        '',
      ],
    ],
  },
  {
    guard: 'gone: a client that says nothing is ended',
    tests: ['test/integration/deadlines'],
    patches: [
      ['src/server/connection.ts', 'if (now < this.deadline) return;', 'if (now >= 0) return;'],
    ],
  },
  {
    guard: 'shutdown: what it cuts does not look complete',
    tests: ['test/integration/shutdown'],
    patches: [
      [
        'src/server/connection.ts',
        'if (this.busy || this.socket.writableLength > 0) this.#client.reset();',
        'if (this.busy) this.socket.end();',
      ],
    ],
  },
];
