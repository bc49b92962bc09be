import { faultReason } from '@sluice/errors';
import { deny } from '@sluice/policy-sdk';
import { Attempts } from './attempts.ts';
import type { Exchange } from './exchange.ts';
import { respond } from './respond.ts';

/**
 * Sends the request to the service, with retries on other targets when safe, and sends the response
 * to the client.
 * @param over called once, when the exchange is complete
 */
export function forward(exchange: Exchange, over: (exchange: Exchange) => void): void {
  const { service, body } = exchange;
  if (body?.failure !== undefined) {
    // A policy has ignored that the content cannot be read.
    exchange.reason = faultReason(body.failure);
    return respond(exchange, deny(body.failure.code), over);
  }
  if (service !== undefined) return new Attempts(exchange, service, over).begin();
  respond(
    exchange,
    deny('internal_error', 'No policy of the route answered, and it has no service.'),
    over,
  );
}
