import { deny } from '@sluice/policy-sdk';
import { Attempts } from './attempts.ts';
import type { Exchange } from './exchange.ts';
import { respond } from './respond.ts';

/**
 * Asks the service, on another target when that is safe, and sends its response.
 * @param over called once, when the exchange is over
 */
export function forward(exchange: Exchange, over: (exchange: Exchange) => void): void {
  const { service } = exchange;
  if (service !== undefined) return new Attempts(exchange, service, over).begin();
  respond(exchange, deny('internal_error', 'No policy of the route answered, and it has no service.'));
  over(exchange);
}
