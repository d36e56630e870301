import type { UserInfo } from '../../../credentials/identity.ts';

/** How much of a request is recorded (`audit.k8s.io/v1`), from nothing to everything. */
export type Level = 'None' | 'Metadata' | 'Request' | 'RequestResponse';

/** The moments of a request at which an event is written. */
export type Stage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';

/** What a policy decides by: apiserver's `authorizer.Attributes`. */
export interface Attributes {
  /** Who was authenticated, before impersonation. */
  readonly user: UserInfo;
  readonly verb: string;
  readonly isResourceRequest: boolean;
  readonly apiGroup: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  readonly namespace: string;
  /** The decoded path, which rules for non-resource URLs look at. */
  readonly path: string;
}

/** What a policy says of one request. */
export interface Decision {
  readonly level: Level;
  readonly omitStages: ReadonlySet<Stage>;
  readonly omitManagedFields: boolean;
}

/** A policy, as a decision about each request. */
export type Decide = (attributes: Attributes) => Decision;
