import type { Area } from '../area.ts';

export const area: Area = {
  section: '3.11',
  name: 'Logs and audit',
  rows: [
    {
      id: 'L01',
      priority: 'P0',
      words: 'secrets in every place of a request, an answer, a credential and a message',
      held: 'here',
      differs:
        'whom a request impersonates is in every record: it is what an audit is for; extra fields are not',
    },
    {
      id: 'L02',
      priority: 'P0',
      words: 'Secret / TokenRequest / exec stdin bodies',
      held: [
        { file: 'test/e2e/canaries-bodies.test.ts', title: 'L02: secrets in bodies' },
        { file: 'test/e2e/canaries.test.ts', title: 'L01, L02: canaries in a real cluster' },
        { file: 'test/unit/record/mask/redact.test.ts', title: 'redact: a Secret' },
        { file: 'test/unit/record/mask/redact.test.ts', title: 'TokenRequest' },
      ],
    },
    {
      id: 'L03',
      priority: 'P0',
      words: 'path /%0a{"level":30}, header with ESC/OSC, U+2028, 1 MB URL, invalid UTF-8',
      held: 'here',
    },
    {
      id: 'L04',
      priority: 'P0',
      words: 'secrets in fields of any name, case and shape',
      held: 'here',
    },
    { id: 'L05', priority: 'P0', words: 'TTY output', held: 'here' },
    {
      id: 'L06',
      priority: 'P0',
      words: 'every request has exactly one final record',
      held: 'here',
    },
    {
      id: 'L07',
      priority: 'P0',
      words: 'kill -9 mid-write',
      held: [
        {
          file: 'test/e2e/audit-killed.test.ts',
          title: 'leaves whole records when it is killed at any moment',
        },
        {
          file: 'test/e2e/log-killed.test.ts',
          title: 'leaves whole lines but for the last when it is killed',
        },
        {
          file: 'test/integration/har-killed.test.ts',
          title: 'is a whole archive when its writer is killed at any moment',
        },
        {
          file: 'test/unit/record/access/access-log.test.ts',
          title: 'begins on a fresh line after a process that was killed',
        },
      ],
    },
    { id: 'L08', priority: 'P1', words: 'unparsable requests (400)', held: 'here' },
    {
      id: 'L09',
      priority: 'P1',
      words:
        'audit identity: user (kubeconfig user, impersonated), peer uid/pid on unix socket if obtainable',
      held: [
        {
          file: 'test/integration/canaries-rows.test.ts',
          title: 'L03, L05, L06, L08, L09: what happened',
        },
        { file: 'test/integration/identities.test.ts', title: 'who we are' },
        {
          file: 'test/unit/record/audit/events.test.ts',
          title: 'says nothing of who is on a unix socket',
        },
      ],
      differs: 'who is at the other end of a unix socket is not recorded: Node does not tell',
    },
  ],
};
