/** What to do about a failure, by the words of porthole's own messages; the first row that fits is the one. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /proxy wants a user name|proxy does not accept the user name/,
    'Correct the user information in the address of the proxy; a character that is not plain text there is written as %XX.',
  ],
  [
    /proxy refused/,
    'Ask who runs the proxy whether it may reach this host and port, and check that the API server is up.',
  ],
  [
    /cannot reach the proxy .*certificate/,
    "Correct the host in the address of the proxy, or add the proxy's authority to the roots of this machine (SSL_CERT_FILE).",
  ],
  [
    /cannot reach the proxy/,
    'Correct proxy-url (or HTTPS_PROXY, HTTP_PROXY), start the proxy, or remove it from there to go directly.',
  ],
  [
    /the proxy (?:did not answer|does not speak|closed|wants|broke|answered)/,
    'Check scheme and port of the proxy: http and https ones speak CONNECT, socks5 ones SOCKS5.',
  ],
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
    /auth plugin has been removed|Auth Provider/,
    'Fetch a kubeconfig anew: today it names an exec plugin; or pass --token.',
  ],
  [
    /oidc|id-token|refresh.token/i,
    'Log in again with the tool that wrote this kubeconfig, so that it has a new refresh token.',
  ],
  [/executable .* not found/, 'Install the plugin, or put its folder on PATH.'],
  [
    /getting credentials|exec plugin/,
    'Run the plugin by hand: what it prints there says what it wants, a login perhaps.',
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
