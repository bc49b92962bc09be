export { MemorySharedStore } from './memory-shared-store.ts';
export { MetricDefinitions, maxSeriesOfPolicyMetric } from './metric-definition.ts';
export type { PolicyMetricDefinition } from './metric-definition.ts';
export { noKeys } from '../host/keys.ts';
export { PolicyHosts } from './policy-hosts.ts';
export type { ClosableHttpClient, HostServices } from './policy-hosts.ts';
