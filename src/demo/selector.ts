import { type ApiObject, fieldOf, type JsonObject } from './object.ts';
import { badRequest } from './status.ts';

export type Selector = (object: ApiObject) => boolean;

const FIELDS = ['metadata.name', 'metadata.namespace'];
/** `key`, `!key`, `key=value`, `key==value` or `key!=value`. */
const REQUIREMENT = /^(!?)\s*([\w./-]+)\s*(?:(==?|!=)\s*([\w.-]*))?$/;

/** Reads `labelSelector` and `fieldSelector`. @throws {StatusError} 400 for what they can not say here, sets among it */
export function selectorOf(query: URLSearchParams): Selector {
  const conditions = [
    ...requirementsOf(query, 'labelSelector').map(labelCondition),
    ...requirementsOf(query, 'fieldSelector').map(fieldCondition),
  ];
  return (object) => conditions.every((holds) => holds(object));
}

interface Requirement {
  readonly key: string;
  readonly operator: '=' | '!=' | 'exists' | 'absent';
  readonly value: string;
}

function requirementsOf(query: URLSearchParams, parameter: string): Requirement[] {
  const texts = (query.get(parameter) ?? '').split(',').filter((text) => text.trim() !== '');
  return texts.map((text) => {
    const [, absent, key, operator, value] = REQUIREMENT.exec(text.trim()) ?? [];
    if (key === undefined || (absent === '!' && operator !== undefined)) {
      throw badRequest(`unable to parse requirement in ${parameter}: "${text}" is not understood`);
    }
    if (operator === undefined) return { key, operator: absent ? 'absent' : 'exists', value: '' };
    return { key, operator: operator === '!=' ? '!=' : '=', value: value ?? '' };
  });
}

function labelCondition({ key, operator, value }: Requirement): Selector {
  return ({ metadata }) => {
    const label = fieldOf(metadata, 'labels', key);
    if (operator === 'exists') return label !== undefined;
    if (operator === 'absent') return label === undefined;
    return (label === value) === (operator === '=');
  };
}

function fieldCondition({ key, operator, value }: Requirement): Selector {
  if (!FIELDS.includes(key) || operator === 'exists' || operator === 'absent') {
    throw badRequest(`field label not supported: ${key}`);
  }
  return (object: JsonObject) =>
    ((fieldOf(object, ...key.split('.')) ?? '') === value) === (operator === '=');
}
