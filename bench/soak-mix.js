// What programs at work ask of an API server: mostly reads, some writes, a few that go early.

/**
 * @typedef {object} SoakRequest
 * @property {string} method
 * @property {string} path
 * @property {number} expect the status
 * @property {string} [body] JSON, or a merge patch for PATCH
 * @property {boolean} [close] on a connection of its own
 * @property {boolean} [leave] the client goes before it has read the answer
 */
/** @typedef {SoakRequest & { share: number }} Part so many of each thousand; `NAME` in a path is one of the objects, `NTH` is new each time */

export const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

const REVIEW = JSON.stringify({
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SelfSubjectAccessReview',
  spec: { resourceAttributes: { verb: 'get', resource: 'configmaps', namespace: 'default' } },
});

/** Reads are from the API server's cache, as those of informers: this is about the proxy, not about etcd. */
const CACHED = 'resourceVersion=0';

/** @type {readonly Part[]} */
const MIX = [
  { share: 800, method: 'GET', path: `${CONFIG_MAPS}/NAME?${CACHED}`, expect: 200 },
  { share: 80, method: 'GET', path: '/api/v1/nodes?resourceVersion=0', expect: 200 },
  { share: 50, method: 'GET', path: '/version', expect: 200 },
  { share: 20, method: 'GET', path: `${CONFIG_MAPS}/nobody-NTH`, expect: 404 },
  {
    share: 20,
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: REVIEW,
    expect: 201,
  },
  {
    share: 10,
    method: 'PATCH',
    path: `${CONFIG_MAPS}/NAME`,
    body: '{"data":{"n":"NTH"}}',
    expect: 200,
  },
  { share: 11, method: 'HEAD', path: '/healthz', expect: 200 },
  { share: 8, method: 'GET', path: '/api', close: true, expect: 200 },
  {
    share: 1,
    method: 'GET',
    path: `${CONFIG_MAPS}?labelSelector=size%3Dlarge&${CACHED}`,
    leave: true,
    expect: 200,
  },
];

/** Has no divisor in common with a thousand: the parts come mixed, and each of a thousand requests in a row once. */
const STRIDE = 7919;

/** Requests of a thousand in a row by their place in the mix. */
const THOUSAND = MIX.flatMap((part) => Array.from({ length: part.share }, () => part));

/**
 * The nth request of all.
 * @param {number} n
 * @param {number} objects soak-0, soak-1 ... that there are
 * @returns {SoakRequest}
 */
export function nthRequest(n, objects) {
  const part = THOUSAND[(n * STRIDE) % THOUSAND.length];
  const fill = (/** @type {string} */ text) =>
    text.replace('NAME', `soak-${n % objects}`).replace('NTH', String(n));
  return {
    ...part,
    path: fill(part.path),
    ...(part.body === undefined ? {} : { body: fill(part.body) }),
  };
}
