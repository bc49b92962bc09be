import { deny } from '@sluice/policy-sdk';
import { Attempts } from './attempts.ts';
import type { Exchange } from './exchange.ts';
import { respond } from './respond.ts';

/** Asks the service, on another target when that is safe, and sends its response. Resolves when the exchange is over. */
export function forward(exchange: Exchange): Promise<void> | void {
  if (exchange.service === undefined) return respond(exchange, deny('internal_error', 'No policy of the route answered, and it has no service.'));
  return new Promise((resolve) => new Attempts(exchange, exchange.service as NonNullable<Exchange['service']>, resolve).next());
}
