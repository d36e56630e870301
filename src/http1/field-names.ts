// RFC 9110 section 5.6.2.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What Kubernetes' clients and servers, curl and browsers send, as they spell it. */
const COMMON =
  `Accept Accept-Encoding Accept-Language Audit-ID Audit-Id Authorization Cache-Control Connection
  Content-Encoding Content-Length Content-Type Cookie Date ETag Etag Host If-None-Match Kubectl-Command Kubectl-Session
  Keep-Alive Last-Modified Location Origin Referer Retry-After Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site
  Sec-WebSocket-Extensions Sec-WebSocket-Key Sec-WebSocket-Protocol Sec-WebSocket-Version Server Transfer-Encoding Upgrade
  User-Agent Vary Warning X-Content-Type-Options X-Kubernetes-PF-FlowSchema-UID X-Kubernetes-PF-PriorityLevel-UID
  X-Kubernetes-Pf-Flowschema-Uid X-Kubernetes-Pf-Prioritylevel-Uid X-Request-Id X-Stream-Protocol-Version`.split(
    /\s+/,
  );

/**
 * The lower-case form of these, in either case: it need not be made, checked and hashed anew for each field of each head.
 */
const KEYS: ReadonlyMap<string, string> = new Map(
  COMMON.flatMap((name) => [
    [name, name.toLowerCase()],
    [name.toLowerCase(), name.toLowerCase()],
  ]),
);

/** A field name in lower case; undefined when it is no token (RFC 9110 section 5.1). */
export function keyOf(name: string): string | undefined {
  return KEYS.get(name) ?? (TOKEN.test(name) ? name.toLowerCase() : undefined);
}

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}
