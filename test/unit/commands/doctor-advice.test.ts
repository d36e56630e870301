import { expect, it } from 'vitest';
import { adviceOn } from '../../../src/commands/doctor-advice.ts';

const THROUGH = 'cannot reach the API server at c:6443 through the proxy p:3128:';
const AT_PROXY = 'cannot reach the proxy p:3128 on the way to the API server at c:6443:';

it.each([
  [`${AT_PROXY} connection refused; is it running?`, /^Correct proxy-url \(or HTTPS_PROXY/],
  [`${AT_PROXY} no such host`, /^Correct proxy-url/],
  [`${AT_PROXY} dial timed out`, /^Correct proxy-url/],
  [`${AT_PROXY} its certificate is signed by an unknown authority`, /SSL_CERT_FILE/],
  [`${THROUGH} the proxy wants a user name and password; write them`, /user information/],
  [`${THROUGH} the proxy does not accept the user name and password`, /user information/],
  [`${THROUGH} the proxy refused CONNECT with status 403: its rules`, /who runs the proxy/],
  [`${THROUGH} the SOCKS5 proxy refused with code 4: the host`, /who runs the proxy/],
  [`${THROUGH} the proxy did not answer in HTTP/1.1`, /scheme and port of the proxy/],
  [`${THROUGH} the proxy does not speak SOCKS5; should`, /scheme and port of the proxy/],
  // What is wrong at the other end of the proxy is advised on as without one.
  [`${THROUGH} its certificate is signed by an unknown authority`, /^The CA above/],
  [`${THROUGH} TLS handshake timed out`, /^A firewall/],
])('on "%s"', (problem, advice) => {
  expect(adviceOn(problem)).toMatch(advice);
});
