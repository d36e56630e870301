/** What the upstream of `npm run load` knows. */
export const STRESS_PATHS = {
  small: '/api/v1/namespaces/default/configmaps/a',
  list: '/api/v1/pods',
  /** `rate` is in bytes a second. */
  watch: (/** @type {number} */ rate) => `/api/v1/events?watch=1&resourceVersion=${rate}`,
};
