import type { Area } from '../area.ts';

export const area: Area = {
  section: '3.7',
  name: 'Streams, truncation, timing',
  rows: [
    {
      id: 'T01',
      priority: 'P0',
      words: 'upstream FIN or RST mid-body, CL and chunked',
      held: 'here',
    },
    {
      id: 'T02',
      priority: 'P0',
      words: 'upstream closes a close-delimited (no CL, no TE) body by RST',
      held: {
        file: 'test/integration/truncation.test.ts',
        title: 'reset is not, and the client sees a reset',
      },
    },
    {
      id: 'T03',
      priority: 'P0',
      words: 'client aborts before headers / mid-stream / during upload',
      held: {
        file: 'test/integration/client-gone.test.ts',
        title: '%s %s by %s: upstream is told, and the pool is sound',
      },
    },
    {
      id: 'T04',
      priority: 'P0',
      words: 'watch: one 200 B event every 50 ms',
      held: {
        file: 'test/integration/streaming.test.ts',
        title: 'passes before there is more: %s',
      },
    },
    {
      id: 'T05',
      priority: 'P0',
      words: 'upstream sends headers only, then waits',
      held: { file: 'test/integration/streaming.test.ts', title: 'passes without its body: %s' },
    },
    { id: 'T06', priority: 'P0', words: 'quiet watch for 35 min (virtual)', held: 'here' },
    { id: 'T07', priority: 'P0', words: '1 GB list, client reads 0 B', held: 'here' },
    { id: 'T08', priority: 'P0', words: '100 MB/s watch, client at 1 MB/s, 60 s', held: 'here' },
    {
      id: 'T09',
      priority: 'P0',
      words: 'HEAD, 204, 304, 205, 1xx',
      held: {
        file: 'test/integration/response-hazards.test.ts',
        title: 'to %s, %j, leaves both connections usable',
      },
    },
    {
      id: 'T10',
      priority: 'P1',
      words: '103 Early Hints; trailers',
      held: [
        {
          file: 'test/integration/response-hazards.test.ts',
          title: 'T10 interim answers pass at once, and as they are',
        },
        { file: 'test/integration/http.test.ts', title: 'chunks, extensions and trailers' },
        { file: 'test/integration/http2-answers.test.ts', title: 'brings its trailers' },
      ],
    },
    {
      id: 'T11',
      priority: 'P1',
      words: 'a half-closed client',
      held: { file: 'test/integration/truncation.test.ts', title: '%s is still answered' },
    },
    {
      id: 'T12',
      priority: 'P0',
      words: 'HTTP/1.0 client, chunked upstream',
      held: {
        file: 'test/integration/request-framing.test.ts',
        title: 'gets its answer %s, and then the end',
      },
    },
    {
      id: 'T13',
      priority: 'P1',
      words: 'keep-alive from client, 1,000 requests one socket',
      held: {
        file: 'test/integration/pipelining.test.ts',
        title: 'T13 1,000 requests on one connection leave no listener behind',
      },
    },
    {
      id: 'T14',
      priority: 'P1',
      words: 'stale pooled socket: upstream closes idle, proxy reuses',
      held: [
        {
          file: 'test/integration/stale-connection.test.ts',
          title: '%s: %s is sent once more, on a new one',
        },
        {
          file: 'test/integration/stale-connection.test.ts',
          title: '%s: %s %s is never sent twice',
        },
      ],
    },
    {
      id: 'T15',
      priority: 'P0',
      words: 'POST, upstream reads all, closes without reply',
      held: {
        file: 'test/integration/truncation.test.ts',
        title: 'T15 a POST that was read whole and then %s is sent once',
      },
    },
    {
      id: 'T16',
      priority: 'P0',
      words: 'connect refused / TLS handshake fails',
      held: [
        {
          file: 'test/integration/truncation.test.ts',
          title: 'T16 to %s where nobody listens: 502, and up again',
        },
        {
          file: 'test/integration/truncation.test.ts',
          title: 'T16 to a failed handshake of %s: 502, any number of times',
        },
      ],
    },
    {
      id: 'T17',
      priority: 'P1',
      words: 'upstream Retry-After 429/503',
      held: [
        { file: 'test/integration/header-policy.test.ts', title: 'T17 Retry-After' },
        {
          file: 'test/integration/header-policy.test.ts',
          title: 'D18 a %i passes and is not acted upon',
        },
      ],
    },
    {
      id: 'T18',
      priority: 'P1',
      words: 'GOAWAY of an HTTP/2 upstream',
      held: [
        {
          file: 'test/integration/http2-hazards.test.ts',
          title: 'has what runs finish, and gets no more',
        },
        {
          file: 'test/integration/http2-hazards.test.ts',
          title: 'has what it did not see go out once more',
        },
      ],
    },
    {
      id: 'T19',
      priority: 'P0',
      words: 'upstream restart while 50 watches open',
      held: [
        {
          file: 'test/integration/truncation.test.ts',
          title: '%s, all 50 at once, are cut, and new ones work',
        },
        {
          file: 'test/e2e/api-server-restart.test.ts',
          title: 'watches are cut with it, and all works once it is back',
        },
      ],
    },
    {
      id: 'T20',
      priority: 'P0',
      words: 'dead upstream (netns: ip link set down) with open watch and with in-flight GET',
      held: {
        file: 'test/e2e/network-down.test.ts',
        title:
          '$what: who waits is told within a minute, and nobody waits once it is plugged in again',
      },
    },
    {
      id: 'T21',
      priority: 'P1',
      words: 'upstream accepts, never answers',
      held: [
        {
          file: 'test/integration/deadlines.test.ts',
          title: 'answers 504 in place of an API server that does not',
        },
        { file: 'test/integration/deadlines.test.ts', title: 'is none for %s' },
      ],
    },
    { id: 'T22', priority: 'P1', words: 'the clock steps by ten years, either way', held: 'here' },
  ],
};
