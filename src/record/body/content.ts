import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { parseJson } from '../json/json.ts';
import type { BodyCopy } from './body-copy.ts';
import { plainValue } from './plain-value.ts';

/** Of a Content-Type that is kept. */
const MAX_CONTENT_TYPE = 256;
/** Longer YAML is not read: each KiB of it takes a parser up to 3 ms, in which nothing is forwarded. Bytes. */
const MAX_YAML = 16 * 1024;
/** The value of YAML may be so much larger than its text, by aliases. */
const YAML_GROWTH = 4;

/** What a message says. */
export interface Content {
  /** The Content-Type field's value, at most 256 characters; '' for none. */
  readonly contentType: string;
  /** All that came, as sent: with its content coding, without chunk framing. */
  readonly bytes: number;
  /** Longer than the copy's limit, as sent or decoded, or there was no room for it. */
  readonly truncated: boolean;
  /** What JSON or YAML stands for, the caller's to change; undefined for all that was not understood. */
  readonly value: unknown;
  /**
   * The content, decoded: its beginning where `truncated`, nothing where its coding is not known. May hold
   * secrets. Not to be used after the copy's `release`.
   */
  readonly body: Buffer;
  /** Of all that came, as sent, in hexadecimal; undefined where `value` is known. */
  readonly sha256: string | undefined;
}

/** The value of YAML text, mappings as Maps or objects. Bounded in depth and time; throws when it is not YAML. */
export type ReadYaml = (text: string) => unknown;

type Decode = (
  bytes: Buffer,
  options: { maxOutputLength: number },
  done: (error: Error | null, decoded: Buffer) => void,
) => void;

const CODINGS: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', inflate],
  ['br', brotliDecompress],
]);

/**
 * What a whole message says, by its copy, which is still to be released. Only a message with a content coding makes a
 * promise; it never rejects. A body without a type is taken for JSON, as the API server does.
 */
export function readContent(
  copy: BodyCopy,
  contentType: string | undefined,
  contentEncoding: string | undefined,
  readYaml?: ReadYaml,
): Content | Promise<Content> {
  const type = contentType?.slice(0, MAX_CONTENT_TYPE) ?? '';
  const coding = contentEncoding?.trim().toLowerCase() ?? '';
  if (coding === '' || coding === 'identity') {
    const value = copy.truncated ? undefined : readValue(copy.content, type, copy.limit, readYaml);
    return contentOf(copy, type, copy.content, value);
  }
  const decode = CODINGS.get(coding);
  if (copy.truncated || decode === undefined)
    return contentOf(copy, type, Buffer.alloc(0), undefined);
  return new Promise((resolve) => {
    decode(copy.content, { maxOutputLength: Math.max(copy.limit, 1) }, (error, decoded) => {
      if (error === null) {
        const value = readValue(decoded, type, copy.limit, readYaml);
        resolve(contentOf(copy, type, decoded, value));
        return;
      }
      const content = contentOf(copy, type, Buffer.alloc(0), undefined);
      const isTooLong = 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
      resolve(isTooLong ? { ...content, truncated: true } : content);
    });
  });
}

/** In place of what is not shown: `application/vnd.kubernetes.protobuf, 1234 bytes, sha256:9f86d0...`. */
export function describeContent({ contentType, bytes, sha256, truncated }: Content): string {
  const parts = [contentType === '' ? 'no content type' : contentType, `${bytes} bytes`];
  if (truncated) parts.push('truncated');
  if (sha256 !== undefined) parts.push(`sha256:${sha256}`);
  return parts.join(', ');
}

function contentOf(copy: BodyCopy, contentType: string, body: Buffer, value: unknown): Content {
  const sha256 = value === undefined ? copy.sha256() : undefined;
  return { contentType, bytes: copy.bytes, truncated: copy.truncated, value, body, sha256 };
}

function readValue(
  body: Buffer,
  contentType: string,
  limit: number,
  readYaml: ReadYaml | undefined,
): unknown {
  const [mediaType = '', ...parameters] = contentType.toLowerCase().split(';');
  const syntax = syntaxOf(mediaType.trim());
  if (syntax === undefined || body.length === 0 || !isUtf8(parameters)) return undefined;
  const text = body.toString();
  try {
    return parseJson(text);
  } catch {
    // JSON is YAML, and what kubectl sends as apply-patch+yaml; what only looks like JSON may be YAML as well.
  }
  if (syntax === 'json' || readYaml === undefined || body.length > MAX_YAML) return undefined;
  try {
    return plainValue(readYaml(text), limit * YAML_GROWTH);
  } catch {
    return undefined;
  }
}

/** Patches have a suffix: `application/merge-patch+json`, `application/apply-patch+yaml`. */
function syntaxOf(mediaType: string): 'json' | 'yaml' | undefined {
  if (mediaType === '' || mediaType === 'application/json' || mediaType.endsWith('+json'))
    return 'json';
  if (mediaType === 'application/yaml' || mediaType.endsWith('+yaml')) return 'yaml';
  return undefined;
}

function isUtf8(parameters: readonly string[]): boolean {
  return parameters.every((parameter) => {
    const [name = '', value = ''] = parameter.split('=');
    return name.trim() !== 'charset' || /^"?(?:utf-?8|us-ascii)"?$/.test(value.trim());
  });
}
