import { noKeys } from '@sluice/policy-sdk/host';
import type { HostKeys } from '@sluice/policy-sdk';

/** The part of a runtime that has the keys. */
interface KeyRuntime {
  readonly gateway: { readonly id: string } | undefined;
  readonly keys: { of(gatewayId: string): HostKeys };
}

/** The keys of the gateway in service, for policies. */
export function nodeKeys(runtime: () => KeyRuntime): HostKeys {
  const ofGateway = (): HostKeys => {
    const { gateway, keys } = runtime();
    return gateway === undefined ? noKeys : keys.of(gateway.id);
  };
  return { current: (use) => ofGateway().current(use), all: (use) => ofGateway().all(use) };
}
