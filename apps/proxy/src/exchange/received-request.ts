import type { ReceivedRequest } from '@sluice/policy-sdk/run';
import type { ExchangePlan } from './configuration.ts';
import type { Downstream } from './downstream.ts';

/** What the exchange tells `OutgoingRequest` about the request of the client. */
export function receivedRequest({
  method,
  plan,
  downstream,
}: {
  readonly method: string;
  readonly plan: ExchangePlan | undefined;
  readonly downstream: Downstream;
}): ReceivedRequest {
  return {
    method,
    keepsEncodedSlashes: plan?.route.spec.encodedSlashes === 'keep',
    isMethodFixed: downstream.isGrpc || downstream.wantsUpgrade,
  };
}
