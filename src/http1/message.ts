import type { HeaderList } from './header-list.ts';

/** Where a message's body ends (RFC 9112 section 6.3). `length` counts bytes. `close` is for responses only. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close' };

/** A request head that only one reading exists of. */
export interface RequestHead {
  /** As sent: methods are case-sensitive (RFC 9110 section 9.1). */
  readonly method: string;
  /** Origin-form (RFC 9112 section 3.2.1), byte for byte: `/api/v1/pods?limit=5`. */
  readonly target: string;
  readonly version: '1.0' | '1.1';
  readonly headers: HeaderList;
  /** The Host field's value, as sent. */
  readonly host: string;
  readonly framing: Framing;
  /** The Upgrade field when `Connection` names it too (RFC 9110 section 7.8), as sent. */
  readonly upgrade: string | undefined;
  /** The client wants the connection kept after this exchange (RFC 9112 section 9.3). */
  readonly keepAlive: boolean;
}

/** A response head that only one reading exists of. */
export interface ResponseHead {
  readonly version: '1.0' | '1.1';
  readonly status: number;
  /** Reason phrase as sent, possibly empty. */
  readonly reason: string;
  readonly headers: HeaderList;
  readonly framing: Framing;
  readonly upgrade: string | undefined;
  readonly keepAlive: boolean;
}
