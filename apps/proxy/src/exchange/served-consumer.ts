import { GatewayError } from '@sluice/errors';
import type { Consumer } from '@sluice/policy-sdk';
import type { ExchangeConsumer } from './configuration.ts';

/**
 * Returns a consumer of the configuration. One that a policy made up has none of the policies and
 * quotas that are configured for it.
 * @throws GatewayError `policy_failed` for such a consumer
 */
export function servedConsumer(consumer: Consumer): ExchangeConsumer {
  if ('groupsText' in consumer) return consumer as ExchangeConsumer;
  throw new GatewayError('policy_failed', {
    cause: `a policy identified the consumer "${consumer.username}" with an object of its own: pass what the stores of the host return`,
  });
}
