export { type ErrorCode, PortholeError } from './errors.ts';
export type { KubeconfigFlags, ResolvedConfig } from './kubeconfig/kubeconfig.ts';
export { type LoadOptions, loadKubeconfig } from './kubeconfig/load.ts';
export { createProxy, type ProxyOptions, type RunningProxy } from './proxy.ts';
export {
  type AccessLog,
  type AccessLogOptions,
  openAccessLog,
} from './record/access/access-log.ts';
export type { ExchangeRecord, Outcome } from './record/exchange-record.ts';
