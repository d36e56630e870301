import { isUtf8 } from 'node:buffer';
import { type Content, describeContent } from '../body/content.ts';
import { shownText } from '../body/shown-text.ts';
import type { ExchangeRecord } from '../exchange-record.ts';

/** `request.postData` of an entry. */
export interface HarPostData {
  readonly mimeType: string;
  readonly text: string;
  readonly comment?: string | undefined;
  /** `base64`, for which archives have no field here. */
  readonly _encoding?: string | undefined;
}

/** `response.content` of an entry. */
export interface HarContent {
  /** Decoded, where that is known. Bytes. */
  readonly size: number;
  readonly mimeType: string;
  readonly text?: string | undefined;
  readonly encoding?: string | undefined;
  readonly comment?: string | undefined;
}

/** The text of a body, or why there is none. */
interface Text {
  readonly text?: string;
  readonly encoding?: 'base64';
  readonly comment?: string;
}

export function postDataOf(
  content: Content,
  record: ExchangeRecord,
  recordSecrets: boolean,
): HarPostData | undefined {
  if (content.bytes === 0) return undefined;
  const { text = '', encoding, comment } = textOf(content, record, recordSecrets);
  return { mimeType: content.contentType, text, comment, _encoding: encoding };
}

export function contentOf(
  content: Content,
  record: ExchangeRecord,
  recordSecrets: boolean,
): HarContent {
  const { text, encoding, comment } = textOf(content, record, recordSecrets);
  const size = content.truncated ? content.bytes : content.body.length || content.bytes;
  return { size, mimeType: content.contentType, text, encoding, comment };
}

/** What was not understood may hold a Secret, protobuf for one: it is only described, unless secrets may be recorded. */
function textOf(content: Content, record: ExchangeRecord, recordSecrets: boolean): Text {
  const { body, bytes, truncated } = content;
  if (bytes === 0) return { text: '' };
  if (recordSecrets && !truncated && body.length > 0) {
    if (isText(body)) return { text: body.toString() };
    return { text: body.toString('base64'), encoding: 'base64' };
  }
  const text = shownText(content, record);
  return text === undefined ? { comment: `not recorded: ${describeContent(content)}` } : { text };
}

function isText(body: Buffer): boolean {
  return isUtf8(body) && !body.includes(0);
}
