import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { curlCommand, shownHead, sortedLines } from '../../../../src/record/klog/sent-head.ts';

function head(target: string, ...fields: string[]): string {
  return `${[`GET ${target} HTTP/1.1`, 'Host: api:6443', ...fields].join('\r\n')}\r\n\r\n`;
}

describe('a head as it was sent', () => {
  it('is shown with its URL, and its fields sorted as Go’s maps are printed', () => {
    const shown = shownHead(
      head(
        '/k8s/api/v1/pods?limit=5',
        'User-Agent: a',
        'accept: */*',
        'Impersonate-Group: z',
        'Impersonate-Group: a',
      ),
      'https',
    );
    expect(shown.method).toBe('GET');
    expect(shown.url).toBe('https://api:6443/k8s/api/v1/pods?limit=5');
    expect(sortedLines(shown.fields)).toBe(
      'accept: */*\nImpersonate-Group: z\nImpersonate-Group: a\nUser-Agent: a\n',
    );
  });

  it('shows no credential, in no field and not in the URL', () => {
    const shown = shownHead(
      head(
        '/api?token=CANARY&x=1',
        'authorization: Bearer CANARY',
        'Cookie: a=CANARY',
        'X-Auth-Token: CANARY',
        'Sec-WebSocket-Protocol: v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.CANARY',
      ),
      'https',
    );
    expect(curlCommand(shown)).toContain('authorization: Bearer <masked>');
    expect(curlCommand(shown) + sortedLines(shown.fields)).not.toContain('CANARY');
  });

  it('reads values as UTF-8', () => {
    const value = Buffer.from('Zoë').toString('latin1');
    const shown = shownHead(head('/', `Impersonate-User: ${value}`), 'https');
    expect(shown.fields).toEqual([{ name: 'Impersonate-User', value: 'Zoë' }]);
  });

  it('becomes a curl command in kubectl’s words', () => {
    const shown = shownHead(head('/api?a=b', 'Accept: */*', 'Content-Length: 3'), 'http');
    expect(curlCommand(shown)).toBe(`curl -v -XGET  -H "Accept: */*" 'http://api:6443/api?a=b'\n`);
  });

  const shells = ['sh', 'bash', 'zsh', 'fish'].filter(
    (shell) => spawnSync(shell, ['-c', '']).status === 0,
  );

  it.each(shells)('is nothing but text to %s', (shell) => {
    const hostile = [
      ...[`$(id)`, '`id`', `'; id; '`, '"; id; "', String.raw`\"`, '!!', '$HOME', 'a\\', '(id)'],
      ...[String.raw`\'; id #`, String.raw`\\'`, String.raw`'\''; id; '`, '%s *?[a]~ {a,b}'],
    ];
    const text = head(`/'$(id)'?\\`, ...hostile.map((value) => `X-A: ${value}`));
    const shown = shownHead(
      text.replace('GET', () => "`id`$'|"),
      'http',
    );
    const command = curlCommand(shown).replace(/^curl/, String.raw`printf '%s\n'`);
    const words = execFileSync(shell, ['-c', command], { encoding: 'utf8' }).split('\n');
    expect(words.slice(0, 2)).toEqual(['-v', "-X`id`$'|"]);
    expect(words.filter((word) => word.startsWith('X-A'))).toEqual(
      hostile.map((value) => `X-A: ${value}`),
    );
    expect(words.at(-2)).toBe('http://api:6443/%27$(id)%27?%5C');
  });
});
