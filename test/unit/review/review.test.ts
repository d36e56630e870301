import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lineOf } from './event.ts';
import { folder, Review, type ReviewOf, reviewed } from './reading.ts';

const event = (verb: string) => `${lineOf({ verb })}\n`;
const LEGACY =
  '2026-11-22T13:05:10.885627Z AUDIT: id="1" stage="ResponseComplete" ip="::1" method="list" user="alice" groups="" as="<self>" asgroups="<lookup>" namespace="<none>" uri="/api" response="200"\n';

function fileWith(content: string | Buffer, place = folder()): string {
  const path = join(place, 'audit.log');
  writeFileSync(path, content);
  return path;
}

describe('a review', () => {
  it('reads files one after the other, and writes lines as they were', async () => {
    const spaced = lineOf({ verb: 'a<b' }).replace('"verb":', ' "verb" : ').replace('<', '\\u003c');
    const files = [event('get') + LEGACY, `${spaced}\n${event('é')}`].map((text) => fileWith(text));
    const { isWhole, output, said } = await reviewed({ files });
    expect(output).toBe(`${event('get')}${LEGACY}${spaced}\n${event('é')}`);
    expect({ isWhole, said }).toEqual({ isWhole: true, said: [] });
  });

  it('unpacks what is compressed, whatever its name, also when it was appended to', async () => {
    const members = [gzipSync(event('get')), gzipSync(event('list'))];
    const { output } = await reviewed({ files: [fileWith(Buffer.concat(members))] });
    expect(output).toBe(event('get') + event('list'));
  });

  it.each([1, 2, 1000])('reads standard input that comes in %i bytes at a time', async (size) => {
    for (const bytes of [Buffer.from(event('get')), gzipSync(event('get'))]) {
      const chunks = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      const { output } = await reviewed({ files: ['-'], stdin: Readable.from(chunks) });
      expect(output).toBe(event('get'));
    }
  });

  it('reads the last line without its end, where it is whole', async () => {
    expect((await reviewed({ files: [fileWith(lineOf())] })).output).toBe(`${lineOf()}\n`);
    const { output, said } = await reviewed({
      files: [fileWith(event('get') + lineOf().slice(0, -1))],
    });
    expect(output).toBe(event('get'));
    expect(said).toEqual(['1 line was no audit event']);
  });

  it.each([[{}], [{ verbs: ['get'] }], [{ top: 1 }]])(
    'counts lines that are no events, once, with %j',
    async (options) => {
      const junk = Buffer.from([0, 0xff, 0x0a, 0x7b, 0x22, 0x0a]);
      const text = `\n \r\nI1122 starting\n{"kind":"Event","apiVersion":"v1"}\n${event('get')}[]\n`;
      const files = [fileWith(Buffer.concat([Buffer.from(text), junk])), fileWith('{}')];
      const { isWhole, said } = await reviewed({ files, options });
      expect(said).toEqual(['6 lines were no audit events']);
      expect(isWhole).toBe(true);
    },
  );

  it('counts a line without an end that no memory could hold', async () => {
    const zeros = Buffer.alloc(16 * 1024 * 1024);
    const stdin = Readable.from([...Array(9).fill(zeros), Buffer.from(`\n${event('get')}`)]);
    const { output, said } = await reviewed({ files: ['-'], stdin });
    expect({ output, said }).toEqual({
      output: event('get'),
      said: ['1 line was no audit event'],
    });
  });

  it('goes on after a file that cannot be read, and tells why', async () => {
    const place = folder();
    const cut = fileWith(gzipSync(event('get').repeat(1000)).subarray(0, -20));
    const files = [join(place, 'none'), place, cut, `${fileWith(event('list'))}`];
    const { isWhole, output, said } = await reviewed({ files });
    expect(isWhole).toBe(false);
    expect(output.endsWith(event('list'))).toBe(true);
    expect(said.map((sentence) => sentence.replace(/"[^"]*"/, 'X'))).toEqual([
      'error: cannot read X: no such file or directory',
      'error: cannot read X: is a directory',
      'error: cannot read X: its compressed data ends too early',
      // Where it broke off, and nothing of the file behind it.
      '1 line was no audit event',
    ]);
  });

  it('ends quietly when nobody reads any more', async () => {
    const files = ['', 'junk\n', ''].map((junk) => fileWith(junk + event('get')));
    const { isWhole, output, said } = await reviewed({ files, taken: 1 });
    expect({ isWhole, output, said }).toEqual({ isWhole: true, output: event('get'), said: [] });
  });

  it('waits for a slow reader before it reads on', async () => {
    let read = 0;
    async function* source() {
      for (; read < 100; read++) yield Buffer.from(event('get'));
    }
    // The reader is gone at the third text.
    await reviewed({ files: ['-'], stdin: source(), taken: 2 });
    expect(read).toBeLessThan(5);
  });

  it('writes a table when all is read', async () => {
    const files = [fileWith(event('get')), fileWith(event('list') + event('get'))];
    const { output } = await reviewed({ files, options: { top: 5, by: 'verb', output: 'text' } });
    expect(output).toMatch(/^VERB .*\nget +2 .*\nlist +1 .*\n\n3 requests, /);
  });
});

describe('a review that follows', () => {
  function following(path: string, more: Partial<ReviewOf> = {}): Review {
    const running = new Review({ files: [path], options: { follow: true }, ...more });
    onTestFinished(async () => {
      running.stop();
      await running.ended;
    });
    return running;
  }
  const verbs = (lines: readonly string[]) => lines.map((line) => JSON.parse(line).verb);

  /** Returns when followers have looked at their files: another one has, again and again. */
  async function someLooks(): Promise<void> {
    const shorterAndShorter = ['watch', 'list', 'get'].map(event);
    const clock = fileWith(event('create'));
    const other = following(clock);
    await other.lines(1);
    for (const [at, line] of shorterAndShorter.entries()) {
      // It does not see that without another look.
      writeFileSync(clock, line);
      await other.lines(at + 2);
    }
  }

  it('shows what is appended, and no line before it is whole', async () => {
    const path = fileWith(event('get'));
    const running = following(path);
    await running.lines(1);
    const line = event('list');
    appendFileSync(path, line.slice(0, 50));
    appendFileSync(path, line.slice(50) + event('watch'));
    expect(verbs(await running.lines(3))).toEqual(['get', 'list', 'watch']);
    appendFileSync(path, event('patch') + line.slice(0, 50));
    await running.lines(4);
    running.stop();
    expect(await running.ended).toBe(true);
    expect(running.said).toEqual([]);
  });

  it('waits for the first line of an empty file', async () => {
    const path = fileWith('');
    const running = following(path);
    appendFileSync(path, event('get'));
    expect(verbs(await running.lines(1))).toEqual(['get']);
  });

  it('reads the file before it to its end only', async () => {
    const before = fileWith(event('get'));
    const path = fileWith(event('list'));
    const running = following(path, { files: [before, path] });
    expect(verbs(await running.lines(2))).toEqual(['get', 'list']);
  });

  it('goes over to the new file when the old one was renamed, without losing its last lines', async () => {
    const place = folder();
    const path = fileWith(event('get'), place);
    const running = following(path);
    await running.lines(1);
    renameSync(path, join(place, 'audit-1.log'));
    // Until the writer has reopened the path, it goes on with the old file.
    writeFileSync(path, '');
    appendFileSync(join(place, 'audit-1.log'), event('list'));
    expect(verbs(await running.lines(2))).toEqual(['get', 'list']);
    await someLooks();
    appendFileSync(join(place, 'audit-1.log'), lineOf({ verb: 'patch' }));
    appendFileSync(path, event('watch'));
    expect(verbs(await running.lines(4))).toEqual(['get', 'list', 'patch', 'watch']);
    appendFileSync(path, event('create'));
    expect(verbs(await running.lines(5)).at(-1)).toBe('create');
  });

  it('reads a file anew that was truncated', async () => {
    const path = fileWith(event('get') + event('list') + event('watch'));
    const running = following(path);
    await running.lines(3);
    truncateSync(path);
    appendFileSync(path, event('patch'));
    expect(verbs(await running.lines(4)).at(-1)).toBe('patch');
  });

  it.skipIf(process.platform !== 'linux')('closes its files', async () => {
    const path = fileWith(event('get'));
    const running = following(path);
    await running.lines(1);
    expect(openFiles()).toContain(path);
    running.stop();
    await running.ended;
    expect(openFiles()).not.toContain(path);
  });

  it('ends at the end of what can not be followed', async () => {
    const path = fileWith(gzipSync(event('get')));
    expect(await following(path).ended).toBe(true);
    const folderInstead = join(folder(), 'audit.log');
    mkdirSync(folderInstead);
    expect(await following(folderInstead).ended).toBe(false);
  });
});

function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // the folder's own
    }
  });
}
