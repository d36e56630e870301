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
    },
    { id: 'L02', priority: 'P0', words: 'Secret / TokenRequest / exec stdin bodies', held: 'here' },
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
    { id: 'L07', priority: 'P0', words: 'kill -9 mid-write', held: 'here' },
    { id: 'L08', priority: 'P1', words: 'unparsable requests (400)', held: 'here' },
    {
      id: 'L09',
      priority: 'P1',
      words:
        'audit identity: user (kubeconfig user, impersonated), peer uid/pid on unix socket if obtainable',
      held: 'here',
    },
  ],
};
