import type { Resource } from './resources.ts';

/** Ends a request of the demo API server with a `metav1.Status`, in the words of apimachinery's `api/errors`. */
export class StatusError extends Error {
  readonly code: number;
  readonly status: object;

  constructor(code: number, reason: string, message: string, details?: object) {
    super(message);
    this.name = 'StatusError';
    this.code = code;
    const head = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' };
    this.status = { ...head, message, reason, ...(details && { details }), code };
  }
}

export function notFound(resource: Resource, name: string): StatusError {
  const message = `${qualified(resource)} "${name}" not found`;
  return new StatusError(404, 'NotFound', message, detailsOf(resource, name));
}

export function alreadyExists(resource: Resource, name: string): StatusError {
  const message = `${qualified(resource)} "${name}" already exists`;
  return new StatusError(409, 'AlreadyExists', message, detailsOf(resource, name));
}

export function conflict(resource: Resource, name: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": the object has been modified; please apply your changes to the latest version and try again`;
  return new StatusError(409, 'Conflict', message, detailsOf(resource, name));
}

/** `problem` is apimachinery's phrase for `metadata.name`: `Required value: ...` or `Invalid value: ...`. */
export function invalidName(resource: Resource, name: string, problem: string): StatusError {
  const { kind } = resource;
  const field = 'metadata.name';
  const reason = problem.startsWith('Required') ? 'FieldValueRequired' : 'FieldValueInvalid';
  const causes = [{ reason, message: problem, field }];
  const message = `${kind} "${name}" is invalid: ${field}: ${problem}`;
  return new StatusError(422, 'Invalid', message, { ...detailsOf(resource, name), kind, causes });
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

/** For paths and resources that this server does not know. */
export function unknownPath(): StatusError {
  const message = 'the server could not find the requested resource';
  return new StatusError(404, 'NotFound', message, {});
}

export function methodNotAllowed(): StatusError {
  const message = 'the server does not allow this method on the requested resource';
  return new StatusError(405, 'MethodNotAllowed', message, {});
}

export function unsupportedMediaType(accepted: Iterable<string>): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${[...accepted].join(', ')}`;
  return new StatusError(415, 'UnsupportedMediaType', message);
}

/** `metav1.StatusDetails` of one object. */
export function detailsOf({ plural, group }: Resource, name: string): object {
  return { name, ...(group !== '' && { group }), kind: plural };
}

function qualified({ plural, group }: Resource): string {
  return group === '' ? plural : `${plural}.${group}`;
}
