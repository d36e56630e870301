import { describe, expect, it } from 'vitest';
import { createCors } from '../../../src/server/cors.ts';
import { outcomeOf, requestOf } from './request-of.ts';

const page = 'http://localhost:3000';
const cors = createCors([page, 'https://dash.example']);

function linesOf(fields: string): string[] {
  expect(fields === '' || fields.endsWith('\r\n')).toBe(true);
  return fields.split('\r\n').slice(0, -1);
}

function preflight(...headers: string[]) {
  return requestOf({
    method: 'OPTIONS',
    headers: ['Access-Control-Request-Method', 'DELETE', ...headers],
  });
}

describe('an answer', () => {
  it.each([page, 'https://dash.example', 'HTTPS://Dash.Example:443'])(
    'to the allowed origin %s is readable by it alone, without credentials',
    (origin) => {
      const lines = linesOf(cors.answerFields(requestOf({ headers: ['Origin', origin] })));
      expect(lines).toEqual([
        `Access-Control-Allow-Origin: ${origin}`,
        'Access-Control-Expose-Headers: Audit-Id, Date, ETag, Retry-After, Warning',
        'Vary: Origin',
      ]);
    },
  );

  it.each<[headers: string[]]>([
    [[]],
    [['Origin', 'http://localhost:8001']],
    [['Origin', 'http://localhost:3001']],
    [['Origin', 'https://localhost:3000']],
    [['Origin', 'http://localhost:3000.evil']],
    [['Origin', 'null']],
    [['Origin', '*']],
    [['Origin', '']],
    [['Origin', `${page}, ${page}`]],
    [['Origin', page, 'Origin', page]],
    [['Origin', page, 'Origin', 'https://evil.example']],
  ])('to %j only says that it varies', (headers) => {
    expect(cors.answerFields(requestOf({ headers }))).toBe('Vary: Origin\r\n');
  });
});

describe('a preflight', () => {
  it('of an allowed origin is told what it may send', () => {
    const request = preflight('Origin', page, 'Access-Control-Request-Headers', 'content-type');
    expect(cors.isPreflight(request)).toBe(true);
    expect(linesOf(cors.preflightFields(request))).toEqual([
      'Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
      'Access-Control-Allow-Headers: content-type',
      'Access-Control-Max-Age: 600',
    ]);
  });

  it.each<[asked: string[], allowed: string | undefined]>([
    [[], undefined],
    [[''], undefined],
    [[' , ,'], undefined],
    [['authorization,X-Foo'], 'authorization, x-foo'],
    [['accept', 'if-match'], 'accept, if-match'],
    [['*'], undefined],
    [['*, accept'], 'accept'],
    [['a b, accept, x:y, "q", \u00e9'], 'accept'],
  ])('that asks for the fields %j is allowed %j', (asked, allowed) => {
    const names = asked.flatMap((value) => ['Access-Control-Request-Headers', value]);
    const fields = cors.preflightFields(preflight('Origin', page, ...names));
    expect(/^Access-Control-Allow-Headers: (.*)\r$/m.exec(fields)?.[1]).toBe(allowed);
  });

  it.each(['Access-Control-Request-Private-Network', 'Access-Control-Request-Local-Network'])(
    'X08: that asks for %s gets no word on it',
    (name) => {
      const asking = preflight('Origin', page, name, 'true');
      const plain = preflight('Origin', page);
      expect(cors.preflightFields(asking)).toBe(cors.preflightFields(plain));
      expect(cors.answerFields(asking)).toBe(cors.answerFields(plain));
    },
  );

  it.each<[what: string, parts: Parameters<typeof requestOf>[0]]>([
    ['a GET', { headers: ['Origin', page, 'Access-Control-Request-Method', 'GET'] }],
    ['a plain OPTIONS', { method: 'OPTIONS', headers: ['Origin', page] }],
    [
      'one of no origin',
      { method: 'OPTIONS', headers: ['Access-Control-Request-Method', 'DELETE'] },
    ],
    [
      'X08: one of another origin',
      {
        method: 'OPTIONS',
        headers: ['Origin', 'https://evil.example', 'Access-Control-Request-Method', 'DELETE'],
      },
    ],
    [
      'one of two origins',
      {
        method: 'OPTIONS',
        headers: ['Origin', page, 'Origin', page, 'Access-Control-Request-Method', 'DELETE'],
      },
    ],
  ])('is not %s', (_, parts) => {
    expect(cors.isPreflight(requestOf(parts))).toBe(false);
  });
});

describe('without --allow-origin', () => {
  it('nothing is said and nothing is answered', () => {
    const off = createCors([]);
    const request = preflight('Origin', page);
    expect(off.answerFields(request)).toBe('');
    expect(off.isPreflight(request)).toBe(false);
    expect(off.preflightFields(request)).toBe('');
  });
});

it.each(['*', 'null', `${page}/`])('%j is no origin to allow', (origin) => {
  expect(outcomeOf(() => createCors([origin]))).toBe('ERR_USAGE');
});
