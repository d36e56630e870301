import { randomBytes } from 'node:crypto';
import { type ApiObject, isJsonObject, type JsonObject } from './object.ts';
import { apiVersionOf, type ResourcePath } from './resources.ts';
import { badRequest, invalidName } from './status.ts';

/** A DNS subdomain (RFC 1123), which is what names of objects are; above all it holds no slash. */
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * What a client sent to `path`, ready for the store: of the right kind, named and in its namespace. Missing fields are taken
 * from the path. @throws {StatusError} 400 where body and path differ, 422 for a missing or impossible name
 */
export function draftOf(path: ResourcePath, body: JsonObject): ApiObject {
  const { resource } = path;
  const apiVersion = apiVersionOf(resource);
  const metadata = isJsonObject(body['metadata']) ? body['metadata'] : {};
  expectSame('API version', body['apiVersion'], apiVersion);
  expectSame('kind', body['kind'], resource.kind);
  expectSame('namespace', metadata['namespace'], path.namespace);
  const name = nameOf(path, metadata);
  const namespace = path.namespace;
  return { ...body, apiVersion, kind: resource.kind, metadata: { ...metadata, name, namespace } };
}

function expectSame(what: string, sent: unknown, expected: string | undefined): void {
  if (sent === undefined || sent === '' || sent === expected) return;
  const wanted = expected === undefined ? 'be empty here' : `be ${expected}, as in the URL`;
  throw badRequest(`the ${what} of the object must ${wanted}`);
}

function nameOf({ resource, name: expected }: ResourcePath, metadata: JsonObject): string {
  if (expected !== undefined) {
    expectSame('name', metadata['name'], expected);
    return expected;
  }
  const prefix = textOf(metadata['generateName']);
  const suffix = randomBytes(3).toString('hex').slice(1);
  const name = textOf(metadata['name']) || (prefix && `${prefix}${suffix}`);
  if (NAME.test(name)) return name;
  const problem =
    name === ''
      ? 'Required value: name or generateName is required'
      : `Invalid value: "${name}": a lowercase RFC 1123 subdomain is needed`;
  throw invalidName(resource, name, problem);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
