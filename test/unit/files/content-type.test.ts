import { describe, expect, it } from 'vitest';
import { typeOfBytes, typeOfName } from '../../../src/files/content-type.ts';

describe('the type by extension', () => {
  it.each([
    ['index.html', 'text/html; charset=utf-8'],
    ['INDEX.HTML', 'text/html; charset=utf-8'],
    ['.html', 'text/html; charset=utf-8'],
    ['app.js', 'text/javascript; charset=utf-8'],
    ['app.min.mjs', 'text/javascript; charset=utf-8'],
    ['style.css', 'text/css; charset=utf-8'],
    ['feed.xml', 'text/xml; charset=utf-8'],
    ['data.json', 'application/json'],
    ['logo.svg', 'image/svg+xml'],
    ['favicon.ico', 'image/x-icon'],
    ['app.wasm', 'application/wasm'],
  ])('of %s is %s', (name, type) => {
    expect(typeOfName(name)).toBe(type);
  });

  it.each(['README', 'html', 'a.', 'a.unknown', 'a.html ', 'a.constructor', 'a.__proto__', ''])(
    'of "%s" is not known',
    (name) => {
      expect(typeOfName(name)).toBeUndefined();
    },
  );
});

describe('the type by first bytes', () => {
  it.each([
    ['nothing', ''],
    ['words', 'hello\r\n\tworld\f'],
    ['UTF-8', 'caf\u00e9 \u{1f600}'],
    ['terminal colours', '\x1b[31mred'],
    ['HTML', '<!doctype html><script>alert(1)</script>'],
    ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg">'],
  ])('of %s is plain text', (_, text) => {
    expect(typeOfBytes(Buffer.from(text))).toBe('text/plain; charset=utf-8');
  });

  it.each([0x00, 0x08, 0x0b, 0x0e, 0x1a, 0x1c, 0x1f])('with a byte %i is binary', (byte) => {
    expect(typeOfBytes(Buffer.from([0x61, byte, 0x61]))).toBe('application/octet-stream');
  });
});
