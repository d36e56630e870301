import type { Area } from '../area.ts';

export const area: Area = {
  section: '3.4',
  name: 'Request framing',
  rows: [
    {
      id: 'S01',
      priority: 'P0',
      words:
        'Content-Length and Transfer-Encoding: both, twice, lists, odd numbers, odd codings, odd spaces',
      held: 'here',
    },
    {
      id: 'S02',
      priority: 'P0',
      words: 'bare LF, bare CR, \\r\\n\\rX, NUL, obs-fold, leading space, empty header name',
      held: 'here',
    },
    {
      id: 'S03',
      priority: 'P0',
      words: 'chunk: bare-LF end, 0x1, space, overflow, missing CRLF, ext with LF',
      held: 'here',
    },
    { id: 'S04', priority: 'P0', words: 'TE: gzip, chunked', held: 'here' },
    {
      id: 'S05',
      priority: 'P0',
      words: 'HTTP/1.0 + TE; HTTP/1.0 GET/HEAD/DELETE with body',
      held: 'here',
    },
    {
      id: 'S06',
      priority: 'P0',
      words:
        'GET, DELETE, HEAD, OPTIONS with chunked body whose data is a full GET /api/v1/secrets',
      held: 'here',
    },
    {
      id: 'S07',
      priority: 'P0',
      words: 'DELETE chunked with {"propagationPolicy":"Foreground"}',
      held: 'here',
    },
    {
      id: 'S08',
      priority: 'P0',
      words: '1,100 headers then Transfer-Encoding: chunked + inner request',
      held: 'here',
    },
    {
      id: 'S09',
      priority: 'P0',
      words: '1,100 headers then Impersonate-User, Authorization, Host',
      held: 'here',
    },
    { id: 'S10', priority: 'P0', words: 'upstream reply with 1,100 headers', held: 'here' },
    {
      id: 'S11',
      priority: 'P0',
      words: 'CL body shorter than declared, client closes',
      held: 'here',
    },
    { id: 'S12', priority: 'P0', words: 'CL body longer (xGARBAGE)', held: 'here' },
    { id: 'S13', priority: 'P0', words: 'pipelined ×2, ×100', held: 'here' },
    {
      id: 'S14',
      priority: 'P0',
      words: 'early upstream reply (413) while the client still uploads',
      held: 'here',
    },
    {
      id: 'S15',
      priority: 'P0',
      words: 'Expect: 100-continue, Expect: bogus, Expect + wrong CL',
      held: 'here',
    },
    {
      id: 'S16',
      priority: 'P0',
      words: 'request trailers Authorization, Host, Content-Length',
      held: 'here',
    },
    { id: 'S17', priority: 'P0', words: 'Trailer: x on GET', held: 'here' },
    {
      id: 'S18',
      priority: 'P1',
      words: 'chunk extensions 64 KB; 1-byte chunks × 10⁶',
      held: 'here',
    },
    { id: 'S19', priority: 'P1', words: 'GET with CL body', held: 'here' },
    {
      id: 'S20',
      priority: 'P0',
      words: 'header named __proto__, constructor, toString',
      held: 'here',
    },
    {
      id: 'S21',
      priority: 'P1',
      words: 'header names with _ (Impersonate_User, X_Remote_User)',
      held: 'here',
    },
    {
      id: 'S22',
      priority: 'P1',
      words: 'random mutations of requests and answers',
      // `npm run fuzz` goes on from there, for as long as it is let; what it has found stays mended.
      held: [
        {
          file: 'test/integration/parser-oracle.test.ts',
          title: 'reads what we read, or refuses it, in changed requests',
        },
        { file: 'test/integration/fuzz-fixtures.test.ts', title: 'a find of fuzzing stays mended' },
      ],
    },
  ],
};
