import type { ExchangeRecord, Outcome } from '../exchange-record.ts';
import { maskPath, maskQuery } from '../mask/query.ts';
import type { Lines } from '../sink/hiding.ts';
import { logLevel, MESSAGES, userOf } from './fields.ts';
import { type Literal, literal, PlainJson } from './plain-json.ts';

/** The names of texts, and the quotes before them. */
const TEXT = {
  auditID: literal(',"auditID":"'),
  method: literal(',"method":"'),
  path: literal(',"path":"'),
  query: literal(',"query":"'),
  verb: literal(',"verb":"'),
  apiGroup: literal(',"apiGroup":"'),
  apiVersion: literal(',"apiVersion":"'),
  resource: literal(',"resource":"'),
  subresource: literal(',"subresource":"'),
  namespace: literal(',"namespace":"'),
  name: literal(',"name":"'),
  clientAddress: literal(',"clientAddress":"'),
  userAgent: literal(',"userAgent":"'),
  kubectlCommand: literal(',"kubectlCommand":"'),
  kubectlSession: literal(',"kubectlSession":"'),
  user: literal(',"user":"'),
  impersonatedUser: literal(',"impersonatedUser":"'),
  outcome: literal(',"outcome":"'),
  errorCode: literal(',"errorCode":"'),
  upgrade: literal(',"upgrade":"'),
  error: literal(',"error":"'),
};

/** The names of what has no quotes. */
const VALUE = {
  status: literal(',"status":'),
  durationMs: literal(',"durationMs":'),
  authMs: literal(',"authMs":'),
  connectMs: literal(',"connectMs":'),
  dialMs: literal(',"dialMs":'),
  dnsMs: literal(',"dnsMs":'),
  tlsMs: literal(',"tlsMs":'),
  ttfbMs: literal(',"ttfbMs":'),
  bytesIn: literal(',"bytesIn":'),
  bytesOut: literal(',"bytesOut":'),
  events: literal(',"events":'),
  reused: literal(',"reused":'),
  replayed: literal(',"replayed":'),
};

/** From the beginning to the time. */
const LEVEL = {
  info: literal('{"level":"info","time":"'),
  warn: literal('{"level":"warn","time":"'),
  error: literal('{"level":"error","time":"'),
};

/** From the milliseconds on. */
const MESSAGE: Readonly<Record<Outcome, Literal>> = {
  ok: message('ok'),
  refused: message('refused'),
  'client-gone': message('client-gone'),
  'upstream-failed': message('upstream-failed'),
  'upstream-aborted': message('upstream-aborted'),
  stopped: message('stopped'),
};

const TRUE = literal('true');
const FALSE = literal('false');
const END = literal('}\n');

const json = new PlainJson();

/** The second that was asked for last, and its text: a busy log asks many times for the same one. */
let second = Number.NaN;
let secondText = literal('');

/**
 * Writes the line of an ended record, in ASCII: what JSON.stringify makes of `logFields`, to the byte. False for the few that
 * are left to that: something in them is escaped in JSON, or cut, or a number that is not small.
 */
export function writeJsonLine(record: ExchangeRecord, lines: Lines): boolean {
  const { outcome } = record;
  if (outcome === undefined) return false;
  json.begin();
  json.literal(LEVEL[logLevel(record)]);
  time(record.time);
  json.literal(MESSAGE[outcome]);
  asked(record);
  took(record);
  said(record);
  json.literal(END);
  const length = json.end();
  if (length > 0) lines.writeAscii(json.bytes, length);
  return length > 0;
}

/** What was asked, and what was answered. */
function asked(record: ExchangeRecord): void {
  json.text(TEXT.auditID, record.auditID);
  json.text(TEXT.method, record.method);
  json.text(TEXT.path, maskPath(record.path));
  json.text(TEXT.query, maskQuery(record.query));
  json.whole(VALUE.status, record.status);
  json.text(TEXT.verb, record.verb);
  json.text(TEXT.apiGroup, record.apiGroup);
  json.text(TEXT.apiVersion, record.apiVersion);
  json.text(TEXT.resource, record.resource);
  json.text(TEXT.subresource, record.subresource);
  json.text(TEXT.namespace, record.namespace);
  json.text(TEXT.name, record.name);
}

/** How long it took, and how much it was. */
function took(record: ExchangeRecord): void {
  json.milliseconds(VALUE.durationMs, record.durationMs);
  json.milliseconds(VALUE.authMs, record.authMs);
  json.milliseconds(VALUE.connectMs, record.connectMs);
  json.milliseconds(VALUE.dialMs, record.dialMs);
  json.milliseconds(VALUE.dnsMs, record.dnsMs);
  json.milliseconds(VALUE.tlsMs, record.tlsMs);
  json.milliseconds(VALUE.ttfbMs, record.ttfbMs);
  json.whole(VALUE.bytesIn, record.bytesIn);
  json.whole(VALUE.bytesOut, record.bytesOut);
  json.whole(VALUE.events, record.events);
  truth(VALUE.reused, record.reused);
  truth(VALUE.replayed, record.replayed);
}

/** Who asked, and what came of it. */
function said(record: ExchangeRecord): void {
  json.text(TEXT.clientAddress, record.clientAddress);
  json.text(TEXT.userAgent, record.userAgent);
  json.text(TEXT.kubectlCommand, record.kubectlCommand);
  json.text(TEXT.kubectlSession, record.kubectlSession);
  json.text(TEXT.user, userOf(record));
  json.text(TEXT.impersonatedUser, record.impersonatedUser);
  json.text(TEXT.outcome, record.outcome);
  json.text(TEXT.errorCode, record.errorCode);
  json.text(TEXT.upgrade, record.upgrade);
  json.text(TEXT.error, record.error);
}

/** As `toISOString` has it, but for the `Z`. */
function time(at: number): void {
  const ms = Math.trunc(at);
  const whole = Math.floor(ms / 1000);
  if (whole !== second) {
    secondText = literal(new Date(whole * 1000).toISOString().slice(0, -4));
    second = whole;
  }
  json.literal(secondText);
  json.three(ms - whole * 1000);
}

function message(outcome: Outcome): Literal {
  return literal(`Z","msg":"${MESSAGES[outcome]}"`);
}

function truth(name: Literal, value: boolean | undefined): void {
  if (value === undefined) return;
  json.literal(name);
  json.literal(value ? TRUE : FALSE);
}
