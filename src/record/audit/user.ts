import type { Identity, UserInfo } from '../../credentials/identity.ts';
import type { ExchangeRecord } from '../exchange-record.ts';
import { cut, quoted } from '../json/json-text.ts';
import { REDACTED } from '../mask/redact.ts';

const MAX_TEXT = 1024;

/** `authentication.k8s.io/v1 UserInfo` in JSON, what is empty left out, `extra` sorted as Go sorts its maps. */
export function userText({ username, uid, groups, extra }: UserInfo): string {
  let fields = '';
  if (username !== '') fields += `,"username":${text(username)}`;
  if (uid !== undefined && uid !== '') fields += `,"uid":${text(uid)}`;
  if (groups.length > 0) fields += `,"groups":${list(groups)}`;
  if (extra !== undefined && extra.size > 0) fields += `,"extra":${extras(extra)}`;
  return `{${fields.slice(1)}}`;
}

/** So many callers are known at a time; a client may call itself by a new name each time. */
const MAX_CALLERS = 64;

/** The texts of callers, which stay the same for many requests. */
export class CallerTexts {
  readonly #texts = new Map<string, string>();
  #identity: Identity | undefined;
  #user = '{}';

  /** `user`, `impersonatedUser`, `sourceIPs` and `userAgent`, as fields. Nobody is `{}`, as in the API server's events. */
  of({ identity, impersonated, clientAddress, userAgent = '' }: ExchangeRecord): string {
    if (identity !== this.#identity) {
      this.#identity = identity;
      this.#user = identity === undefined ? '{}' : userText(identity.user);
      this.#texts.clear();
    }
    if (impersonated !== undefined || userAgent.length > MAX_TEXT)
      return this.#make(impersonated, clientAddress, userAgent);
    const key = `${clientAddress} ${userAgent}`;
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const made = this.#make(undefined, clientAddress, userAgent);
    if (this.#texts.size >= MAX_CALLERS) this.#texts.clear();
    this.#texts.set(key, made);
    return made;
  }

  #make(impersonated: UserInfo | undefined, clientAddress: string, userAgent: string): string {
    let fields = `"user":${this.#user}`;
    if (impersonated !== undefined)
      fields += `,"impersonatedUser":${userText(withoutExtra(impersonated))}`;
    if (clientAddress !== '') fields += `,"sourceIPs":[${quoted(clientAddress)}]`;
    if (userAgent !== '') fields += `,"userAgent":${text(userAgent)}`;
    return fields;
  }
}

/** With the keys of `extra` alone: unlike the cluster's word, a client's header fields may say anything. */
function withoutExtra(user: UserInfo): UserInfo {
  const keys = [...(user.extra?.keys() ?? [])];
  return { ...user, extra: new Map(keys.map((key) => [key, [REDACTED]])) };
}

function extras(extra: ReadonlyMap<string, readonly string[]>): string {
  const keys = [...extra.keys()].sort();
  return `{${keys.map((key) => `${text(key)}:${list(extra.get(key) ?? [])}`).join(',')}}`;
}

function list(values: readonly string[]): string {
  return `[${values.map(text).join(',')}]`;
}

function text(value: string): string {
  return quoted(cut(value, MAX_TEXT));
}
