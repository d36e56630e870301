/** What tests look into of a line of an audit log; whether it is there is for them to see. */
export interface AuditEvent {
  readonly auditID: string;
  readonly stage: string;
  readonly requestURI: string;
  readonly verb: string;
  readonly userAgent: string;
  readonly sourceIPs?: readonly string[];
  readonly user: { readonly username?: string };
  readonly impersonatedUser: { readonly groups?: readonly string[] };
  readonly objectRef: Readonly<Record<string, string>>;
  readonly responseStatus: { readonly code: number };
  readonly requestObject: Readonly<Record<string, object>>;
  readonly responseObject: Readonly<Record<string, object>>;
  readonly annotations: Readonly<Record<string, string>>;
}
