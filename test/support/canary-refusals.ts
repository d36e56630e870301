// Secrets that an API server refuses, and quotes.
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A Secret in JSON. */
export const secret = (name: string, fields: object) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, ...fields });

/** A request with a canary: method, path below the Secrets of a namespace, type and body. */
type Refused = readonly [string, string, string, (canary: string) => string];

export const REFUSED: readonly Refused[] = [
  ['POST', '', 'application/json', (c) => secret('x', { data: { a: `${c}!` } })],
  ['POST', '', 'application/json', (c) => secret('x', { data: c })],
  ['POST', '', 'application/json', (c) => secret('x', { stringData: { [`a b ${c}`]: c } })],
  [
    'POST',
    '',
    'application/json',
    (c) => secret('x', { type: 'kubernetes.io/tls', data: { 'tls.key': base64(c) } }),
  ],
  ['POST', '', 'application/json', (c) => secret('x', { stringData: { a: c } }).slice(0, -1)],
  ['POST', '', 'application/json', (c) => `{"kind":"Secret","apiVersion":"v1","data":{"a":"${c}}`],
  ['POST', '', 'text/plain', (c) => secret('x', { stringData: { a: c } })],
  [
    'POST',
    '',
    'application/yaml',
    (c) => `apiVersion: v1\nkind: Secret\nstringData:\n  a: ${c}\n b: c\n`,
  ],
  [
    'POST',
    '',
    'application/yaml',
    (c) => `apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {a:${c}}\n`,
  ],
  [
    'PATCH',
    '/one',
    'application/merge-patch+json',
    (c) => JSON.stringify({ data: { a: `${c}!` } }),
  ],
  ['PATCH', '/one', 'application/merge-patch+json', (c) => JSON.stringify({ data: c })],
  ['PATCH', '/one', 'application/strategic-merge-patch+json', (c) => JSON.stringify({ data: c })],
  [
    'PATCH',
    '/one',
    'application/strategic-merge-patch+json',
    (c) => JSON.stringify({ data: { a: `${c}!` } }),
  ],
  [
    'PATCH',
    '/one',
    'application/json-patch+json',
    (c) => JSON.stringify([{ op: 'test', path: '/data/a', value: c }]),
  ],
  [
    'PATCH',
    '/one',
    'application/json-patch+json',
    (c) => JSON.stringify([{ op: 'replace', path: '/data', value: c }]),
  ],
  [
    'PATCH',
    '/one',
    'application/json-patch+json',
    (c) => JSON.stringify({ op: 'add', path: '/data', value: c }),
  ],
  ...['?fieldManager=e2e', '?fieldManager=e2e&force=true'].flatMap(
    (query): [string, string, string, (canary: string) => string][] => [
      [
        'PATCH',
        `/five${query}`,
        'application/apply-patch+yaml',
        (c) => secret('five', { data: c }),
      ],
      [
        'PATCH',
        `/five${query}`,
        'application/apply-patch+yaml',
        (c) => secret('five', { stringData: { a: [c] } }),
      ],
      [
        'PATCH',
        `/five${query}`,
        'application/apply-patch+yaml',
        (c) => secret('five', { stringData: [{ a: c }] }),
      ],
      [
        'PATCH',
        `/five${query}`,
        'application/apply-patch+yaml',
        (c) => secret('five', { data: { a: `${c}!` } }),
      ],
      [
        'PATCH',
        `/five${query}`,
        'application/apply-patch+yaml',
        (c) => secret('five', { other: c }),
      ],
      ['PATCH', `/five${query}`, 'application/apply-patch+yaml', (c) => `a: b\n c: ${c}`],
    ],
  ),
];
