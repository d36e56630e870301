export type JsonObject = Readonly<Record<string, unknown>>;

/** An object as the store holds it. Never changed in place: a change is a new object. */
export interface ApiObject extends JsonObject {
  readonly metadata: ObjectMeta;
}

interface ObjectMeta extends JsonObject {
  readonly name: string;
  /** Undefined for what belongs to the cluster. */
  readonly namespace: string | undefined;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at `path`, or undefined where the way there ends early. */
export function fieldOf(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((at, name) => (isJsonObject(at) ? at[name] : undefined), value);
}
