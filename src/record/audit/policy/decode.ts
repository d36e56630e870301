import { quote } from '../../../printable.ts';

/** A policy file as it was written: `audit.k8s.io/v1` Policy. */
export interface PolicyFile {
  readonly rules: readonly PolicyRule[];
  readonly omitStages: readonly string[];
  readonly omitManagedFields: boolean;
}

/** Lists that a rule leaves out are empty, and match everything. */
export interface PolicyRule {
  readonly level: string;
  readonly users: readonly string[];
  readonly userGroups: readonly string[];
  readonly verbs: readonly string[];
  readonly resources: readonly GroupResources[];
  readonly namespaces: readonly string[];
  readonly nonResourceURLs: readonly string[];
  readonly omitStages: readonly string[];
  /** Undefined where the policy's own word counts. */
  readonly omitManagedFields: boolean | undefined;
}

export interface GroupResources {
  readonly group: string;
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
}

/** What decoding has to say beside the policy. */
export interface Remarks {
  /** `rules[0].users: must be a list`: the file is not a policy. */
  readonly problems: string[];
  /** `unknown field "rules[0].resource"; ...`: strict decoding fails, lenient decoding goes on without it. */
  readonly strict: string[];
}

const META_STRINGS = ['name', 'generateName', 'namespace', 'selfLink', 'uid', 'resourceVersion'];
/** Of `metav1.ObjectMeta` there are also these, of other types, which nobody looks at. */
const META_OTHERS = [
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
];

/** Reads the fields of a Policy by their names and types, as Kubernetes' JSON decoder does: exact case, null is absent. */
export function decodePolicy(
  document: ReadonlyMap<unknown, unknown>,
  remarks: Remarks,
): PolicyFile {
  const policy = new Fields(document, '', remarks);
  policy.expect('apiVersion', 'kind', 'metadata', 'rules', 'omitStages', 'omitManagedFields');
  const metadata = policy.child('metadata');
  metadata?.expect(...META_STRINGS, ...META_OTHERS);
  for (const name of META_STRINGS) metadata?.string(name);
  return {
    rules: policy.children('rules', decodeRule),
    omitStages: policy.strings('omitStages'),
    omitManagedFields: policy.boolean('omitManagedFields') ?? false,
  };
}

function decodeRule(rule: Fields): PolicyRule {
  rule.expect(
    'level',
    'users',
    'userGroups',
    'verbs',
    'resources',
    'namespaces',
    'nonResourceURLs',
    'omitStages',
    'omitManagedFields',
  );
  return {
    level: rule.string('level'),
    users: rule.strings('users'),
    userGroups: rule.strings('userGroups'),
    verbs: rule.strings('verbs'),
    resources: rule.children('resources', decodeGroup),
    namespaces: rule.strings('namespaces'),
    nonResourceURLs: rule.strings('nonResourceURLs'),
    omitStages: rule.strings('omitStages'),
    omitManagedFields: rule.boolean('omitManagedFields'),
  };
}

function decodeGroup(group: Fields): GroupResources {
  group.expect('group', 'resources', 'resourceNames');
  return {
    group: group.string('group'),
    resources: group.strings('resources'),
    resourceNames: group.strings('resourceNames'),
  };
}

/** The fields of one mapping. What has another type is remarked upon, and counts as absent. */
class Fields {
  readonly #fields: ReadonlyMap<unknown, unknown>;
  readonly #path: string;
  readonly #remarks: Remarks;

  constructor(fields: ReadonlyMap<unknown, unknown>, path: string, remarks: Remarks) {
    this.#fields = fields;
    this.#path = path;
    this.#remarks = remarks;
  }

  /** Remarks upon every other field. */
  expect(...names: readonly string[]): void {
    for (const name of this.#fields.keys())
      if (!names.includes(String(name)))
        this.#remarks.strict.push(`unknown field ${quote(this.#at(String(name)))}; it is ignored`);
  }

  string(name: string): string {
    return this.#string(this.#fields.get(name), this.#at(name));
  }

  boolean(name: string): boolean | undefined {
    const value = this.#fields.get(name) ?? undefined;
    if (value === undefined || typeof value === 'boolean') return value;
    return this.#wrong(this.#at(name), 'true or false');
  }

  strings(name: string): readonly string[] {
    const at = this.#at(name);
    return this.#list(name).map((value, index) => this.#string(value, `${at}[${index}]`));
  }

  child(name: string): Fields | undefined {
    const value = this.#fields.get(name) ?? undefined;
    return value === undefined ? undefined : this.#child(value, this.#at(name));
  }

  children<T>(name: string, decode: (fields: Fields) => T): readonly T[] {
    const at = this.#at(name);
    return this.#list(name).map((value, index) => decode(this.#child(value, `${at}[${index}]`)));
  }

  #list(name: string): readonly unknown[] {
    const value = this.#fields.get(name) ?? [];
    return Array.isArray(value) ? value : (this.#wrong(this.#at(name), 'a list') ?? []);
  }

  #string(value: unknown, at: string): string {
    if (typeof value === 'string') return value;
    if (value !== null && value !== undefined) this.#wrong(at, 'a string; put it in quotes');
    return '';
  }

  #child(value: unknown, at: string): Fields {
    if (!(value instanceof Map) && value !== null) this.#wrong(at, 'a mapping');
    return new Fields(value instanceof Map ? value : new Map(), at, this.#remarks);
  }

  #at(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  #wrong(at: string, wanted: string): undefined {
    this.#remarks.problems.push(`${at}: must be ${wanted}`);
  }
}
