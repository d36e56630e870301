import type { UserInfo } from '../../../credentials/identity.ts';
import type { ExchangeRecord } from '../../exchange-record.ts';
import type { Attributes } from './policy.ts';

/** In no list of users or groups: apiserver's `user == nil`. */
const NOBODY: UserInfo = { username: '', groups: [] };

/** `/api//pods`: a request for a resource, of a version with an empty name. */
const EMPTY_VERSION = /^\/*api(?:s\/[^/]*)?\/\/+[^/]/;

/**
 * What a policy decides a request by (apiserver `GetAuthorizerAttributes`). `path` is the decoded path as the API server
 * gets it, without a prefix of porthole's own. The user is who was authenticated, whomever the request acts for.
 */
export function attributesOf(record: ExchangeRecord, path: string): Attributes {
  return {
    user: record.identity?.user ?? NOBODY,
    verb: record.verb,
    isResourceRequest: record.apiVersion !== '' || EMPTY_VERSION.test(path),
    apiGroup: record.apiGroup,
    resource: record.resource,
    subresource: record.subresource,
    name: record.name,
    namespace: record.namespace,
    path,
  };
}
