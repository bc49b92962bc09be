import { MemoryStore } from '@sluice/ratelimit';
import { GatewayMetrics, MetricsRegistry } from '@sluice/telemetry';
import { createHosts } from '../../apps/proxy/src/host/node-hosts.ts';
import { KeyPairCache } from '../../apps/proxy/src/net/key-pair-cache.ts';
import { TimerWheel } from '../../apps/proxy/src/net/timer-wheel.ts';
import { RuntimeTarget } from '../../apps/proxy/src/runtime/apply.ts';
import { nodePolicies, policyRegistry } from '../../apps/proxy/src/runtime/node-policies.ts';
import { UpstreamRegistry } from '../../apps/proxy/src/upstream/upstream-registry.ts';

const policies = await nodePolicies(undefined);

/** The runtime of the gateway "default" without listeners: policies, registry and metrics are real. */
export function newRuntimeTarget(): RuntimeTarget {
  const registry = new MetricsRegistry();
  const metrics = new GatewayMetrics(registry);
  const hosts = createHosts({
    stores: { limits: new MemoryStore(), credentials: { findKey: () => undefined } },
    clock: { now: Date.now },
    loggerFor: () => ({ info: () => undefined, warn: () => undefined }),
    metrics,
    registry,
  });
  return new RuntimeTarget('default', {
    ...policyRegistry(policies, hosts),
    upstreams: new UpstreamRegistry(new TimerWheel()),
    metrics,
    keyPairs: new KeyPairCache(),
  });
}
