import { isObject, type JsonObject, MAX_DEPTH, parseJson, toJson } from '../json/json.ts';
import { mayBeJson, startsAsJson } from '../json/json-text.ts';
import { maskMessage } from './message.ts';
import { isNamedForSecret, isSecretName, secretColumns } from './secret-name.ts';
import { isSecretText } from './secret-text.ts';

/** What a message is about, by the path of its request; '' for what that does not say. An ExchangeRecord is one. */
export interface About {
  readonly apiGroup: string;
  readonly resource: string;
  readonly subresource: string;
}

/** Stands for a secret, whatever that was. */
export const REDACTED = 'REDACTED';

/**
 * What an object is known to be by what it is in: a Secret (in lists and patches they have no kind), or something of
 * another API group that is named after them: SealedSecret, ClusterSecret.
 */
type Hint = 'Secret' | 'LikeSecret' | undefined;

/** All that a Secret says openly; nobody knows what else a client put into it. */
const OPEN_MEMBERS: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'type', 'immutable']);
/** Of those of its data (apimachinery `validation.IsConfigMapKey`), and the directives of patches. */
const KEY = /^[\w.$/-]*$/;
/** Answers and options to requests for Secrets that are none. */
const NO_SECRET = /List$|^(?:Status|Table|DeleteOptions)$/;
const LIKE_SECRET = /Secret$/;
/** To find out that a string is no JSON takes microseconds: after so many of one value, nobody looks into more. */
const MAX_ODD = 1000;

/** Annotations of Secrets in which controllers keep copies of what is in them. */
const COPY_NAME = /applied|original|value|token|passw|credential/i;

/**
 * A JSON value without its secrets, in the same shape: keys stay, and so does null, by which a patch removes. Changes
 * `value`. JSON in strings is a value too (kubectl.kubernetes.io/last-applied-configuration). `about` tells what an object
 * or a patch without kind is. What is deeper than MAX_DEPTH is redacted.
 */
export function redact(value: unknown, about?: About): unknown {
  return new Redactor(about).walk(value, hintOf(about?.resource ?? ''), MAX_DEPTH);
}

function hintOf(resource: string): Hint {
  if (resource === 'secrets') return 'Secret';
  return resource.endsWith('secrets') ? 'LikeSecret' : undefined;
}

class Redactor {
  readonly #about: About | undefined;
  #hidden = 0;
  /** Strings that looked like JSON and were none. */
  #odd = 0;

  constructor(about: About | undefined) {
    this.#about = about;
  }

  walk(value: unknown, hint: Hint, depth: number): unknown {
    if (Array.isArray(value) && depth > 0) {
      for (let i = 0; i < value.length; i++) value[i] = this.walk(value[i], hint, depth - 1);
      return value;
    }
    if (isObject(value) && depth > 0) return this.#object(value, hint, depth - 1);
    if (hint === 'Secret' || depth === 0) return this.#hide(value);
    return typeof value === 'string' ? this.#text(value, hint, depth) : value;
  }

  #object(object: JsonObject, hint: Hint, depth: number): unknown {
    const kind = typeof object.kind === 'string' ? object.kind : '';
    const { op, path } = object;
    if (typeof op === 'string' && typeof path === 'string' && kind === '')
      return this.#patchStep(object, path, hint, depth);
    if (hint === 'Secret' ? !NO_SECRET.test(kind) : kind === 'Secret' && !isReference(object))
      return this.#secret(object, depth);
    const single = kind.endsWith('List') ? kind.slice(0, -'List'.length) : kind;
    const inner = hint !== undefined || LIKE_SECRET.test(single) ? 'LikeSecret' : undefined;
    const ofItems = hint === 'Secret' || single === 'Secret' ? 'Secret' : inner;
    if (isNamedForSecret(object)) object['value'] = this.#hide(object['value']);
    for (const name of Object.keys(object)) {
      const member = object[name];
      if (name === 'rows' && Array.isArray(member)) {
        const secrets = secretColumns(object);
        for (const row of member) this.#row(row, secrets, ofItems, depth);
      } else {
        const shown =
          name === 'items'
            ? this.walk(member, ofItems, depth)
            : this.#member(name, member, kind, inner, depth);
        if (shown !== member) object[name] = shown;
      }
    }
    return object;
  }

  #member(name: string, member: unknown, kind: string, hint: Hint, depth: number): unknown {
    // A list there says where secrets are to come from: ExternalSecret.
    if (hint === 'LikeSecret' && isData(name) && !Array.isArray(member))
      return this.#hideMembers(member);
    if (isSecretName(name, kind)) {
      if (typeof member === 'string') return this.#hide(member);
      if (typeof member === 'number' && /pass/i.test(name)) return this.#hide(member);
      if (Array.isArray(member))
        return member.map((item) =>
          typeof item === 'string' ? this.#hide(item) : this.walk(item, hint, depth),
        );
    }
    if ((name === 'message' || name === 'field') && typeof member === 'string')
      return this.#message(member, depth);
    return this.walk(member, hint, depth);
  }

  #message(message: string, depth: number): unknown {
    const masked = maskMessage(message, this.#about);
    if (masked !== message) this.#hidden += 1;
    return this.#text(masked, undefined, depth);
  }

  /** The object of a Table's row may come without a kind; its cells are what kubectl shows, and may be of custom resources. */
  #row(row: unknown, secrets: ReadonlySet<number>, hint: Hint, depth: number): void {
    if (!isObject(row)) return;
    if (row.object !== undefined) row.object = this.walk(row.object, hint, depth);
    if (Array.isArray(row['cells']))
      row['cells'] = row['cells'].map((cell, at) =>
        secrets.has(at) ? this.#hide(cell) : this.walk(cell, undefined, depth),
      );
  }

  #secret(secret: JsonObject, depth: number): unknown {
    return this.#mapMembers(secret, (member, name) => {
      if (name === 'metadata') return this.#secretMetadata(member, depth);
      return isOpen(name, member) ? member : this.#hideMembers(member);
    });
  }

  #secretMetadata(metadata: unknown, depth: number): unknown {
    if (!isObject(metadata)) return this.#hide(metadata);
    for (const [name, member] of Object.entries(metadata))
      metadata[name] =
        name === 'annotations'
          ? this.#secretAnnotations(member, depth)
          : this.walk(member, undefined, depth);
    return metadata;
  }

  #secretAnnotations(annotations: unknown, depth: number): unknown {
    if (!isObject(annotations)) return this.#hide(annotations);
    for (const [name, text] of Object.entries(annotations))
      annotations[name] = this.#secretAnnotation(name, text, depth);
    return annotations;
  }

  #secretAnnotation(name: string, text: unknown, depth: number): unknown {
    if (typeof text !== 'string') return this.#hide(text);
    if (startsAsJson(text)) return this.#json(text, 'Secret', depth) ?? this.#hide(text);
    return COPY_NAME.test(name) ? this.#hide(text) : this.#text(text, undefined, depth);
  }

  /** A step of a JSON Patch (RFC 6902): what its value is, its path tells. `~1` and `~0` in it hide no letter of a name. */
  #patchStep(step: JsonObject, path: string, hint: Hint, depth: number): unknown {
    const names = path.split('/').slice(1);
    for (const [name, member] of Object.entries(step)) {
      if (name === 'value') step[name] = this.#patchValue(names, member, hint, depth);
      else if (name !== 'op' && name !== 'path' && name !== 'from')
        step[name] = this.walk(member, hint, depth);
    }
    return step;
  }

  #patchValue(names: readonly string[], value: unknown, hint: Hint, depth: number): unknown {
    const [top, second, third] = names;
    const last = names.at(-1);
    if (top === undefined || last === undefined) return this.walk(value, hint, depth);
    if (hint !== 'Secret') {
      const isOfData = hint === 'LikeSecret' && isData(names.at(-2) ?? '');
      return isOfData ? this.#hide(value) : this.#member(last, value, '', hint, depth);
    }
    if (top === 'metadata') {
      if (second === undefined) return this.#secretMetadata(value, depth);
      if (second !== 'annotations') return this.walk(value, undefined, depth);
      if (third === undefined) return this.#secretAnnotations(value, depth);
      return this.#secretAnnotation(third, value, depth);
    }
    if (isOpen(top, value)) return value;
    return names.length === 1 ? this.#hideMembers(value) : this.#hide(value);
  }

  #text(text: string, hint: Hint, depth: number): unknown {
    if (!mayBeJson(text)) return isSecretText(text) ? this.#hide(text) : text;
    if (this.#odd > MAX_ODD) return this.#hide(text);
    return this.#json(text, hint, depth) ?? (isSecretText(text) ? this.#hide(text) : text);
  }

  /** JSON in a string; as it was if it holds no secret, undefined if it is no JSON. */
  #json(text: string, hint: Hint, depth: number): string | undefined {
    const hidden = this.#hidden;
    try {
      const redacted = this.walk(parseJson(text), hint, depth);
      return this.#hidden === hidden ? text : toJson(redacted);
    } catch (error) {
      this.#odd += 1;
      return error instanceof RangeError ? this.#hide(text) : undefined;
    }
  }

  #hideMembers(value: unknown): unknown {
    return isObject(value)
      ? this.#mapMembers(value, (member) => this.#hide(member))
      : this.#hide(value);
  }

  /** A key that a Secret can not have may have its value in it: YAML without the space behind a colon. */
  #mapMembers(object: JsonObject, map: (member: unknown, name: string) => unknown): JsonObject {
    const shown = (name: string) => (KEY.test(name) ? name : this.#hide(name));
    return Object.fromEntries(
      Object.entries(object).map(([name, member]) => [shown(name), map(member, name)]),
    );
  }

  #hide(value: string): string;
  #hide(value: unknown): unknown;
  #hide(value: unknown): unknown {
    if (value === null) return null;
    this.#hidden += 1;
    return REDACTED;
  }
}

/** `kind: Secret` stands in references to Secrets too: owners, involved objects. */
function isReference(object: JsonObject): boolean {
  return !('metadata' in object || 'data' in object || 'stringData' in object);
}

function isData(name: string): boolean {
  return name === 'data' || name === 'stringData';
}

function isOpen(name: string, member: unknown): boolean {
  return OPEN_MEMBERS.has(name) && (typeof member !== 'object' || member === null);
}
