/** What to do about a failure, by the words of porthole's own messages; the first row that fits is the one. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /connection refused/,
    'Nothing listens there: start the cluster, or correct the port; a local cluster that was made anew has another one.',
  ],
  [
    /no such host|could not be resolved/,
    'Check the spelling of the host and whether its name is known only inside a VPN.',
  ],
  [
    /no route to the host|network is unreachable/,
    'Check the network of this machine, and connect the VPN if there is one.',
  ],
  [
    /timed out|did not answer within|no answer within/,
    'A firewall or a missing VPN may swallow the packets; if the server is only slow, raise --request-timeout.',
  ],
  [
    /unknown authority|not signed by the authority/,
    'The CA above did not issue this certificate: the cluster was made anew (fetch its kubeconfig again), or something in between intercepts TLS.',
  ],
  [
    /for other names|IP address mismatch/,
    'Write one of these names into the server address, or give one with --tls-server-name.',
  ],
  [
    /no subject alternative name/,
    'Have the API server issued a certificate with subject alternative names.',
  ],
  [
    /its certificate has expired/,
    "Renew the API server's certificate (kubeadm certs renew, or your provider).",
  ],
  [/not yet valid/, 'Compare the clocks of this machine and of the API server.'],
  [/does not speak TLS/, 'Check port and scheme of the server address.'],
  [
    /refused the TLS connection/,
    'The API server wants another client certificate: check subject, issuer and dates above, or log in again.',
  ],
  [
    /go through a proxy/,
    'Remove proxy-url and use a direct way, or keep kubectl for this cluster.',
  ],
  [
    /exec plugin|auth provider|auth plugin|Auth Provider/,
    'Get a token by other means and pass --token, or a kubeconfig with a certificate.',
  ],
  [
    /answered 3\d\d/,
    'A login page or a load balancer answers in place of the API server: check the server address and its path.',
  ],
  [
    /answered 404|without a Kubernetes version/,
    'Something other than an API server answers there: check host, port and path of the server address.',
  ],
  [
    /answered 5\d\d/,
    'The API server is in trouble, or a load balancer before it finds none: wait, then look into its log.',
  ],
  [
    /in HTTP\/1\.1|broke|closed|reset|malformed/i,
    'Something in between cuts the connection, or no API server listens there: check host and port.',
  ],
];

/** One line about a failure. */
export function adviceOn(problem: string): string {
  const found = ADVICE.find(([words]) => words.test(problem));
  return found?.[1] ?? 'Compare with kubectl get --raw /version, which goes the same way.';
}

/** About a 401. `expired` names a credential that has run out. */
export function adviceOnLogin(expired: string | undefined): string {
  const cause = expired === undefined ? '' : `It may be that ${expired}. `;
  return `${cause}Log in again, or fetch a new kubeconfig.`;
}

/** About credentials that were sent, and an API server that knows nobody. */
export const NOT_TAKEN =
  'The credentials do not arrive: something in between ends TLS, so that no client certificate passes, or drops the token.';
