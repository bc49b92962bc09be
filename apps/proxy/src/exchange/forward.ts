import { faultReason, type ErrorCode } from '@sluice/errors';
import { deny } from '@sluice/policy-sdk';
import { Attempts } from './attempts.ts';
import type { BufferedContent } from './body/buffered-content.ts';
import type { Exchange } from './exchange.ts';
import { respond } from './respond.ts';
import { rewriteTarget } from './rewrite.ts';

/**
 * Sends the request to the service, with retries on other targets when safe, and sends the response
 * to the client.
 * @param over called once, when the exchange is complete
 */
export function forward(exchange: Exchange, over: (exchange: Exchange) => void): void {
  const { service } = exchange;
  const code = exchange.body === undefined ? undefined : refusalOf(exchange, exchange.body);
  if (code !== undefined) return respond(exchange, deny(code), over);
  if (exchange.outgoing !== undefined) {
    // A policy may have set the path or the service after the path was computed.
    const refusal = rewriteTarget(exchange);
    if (refusal !== undefined) return respond(exchange, refusal, over);
  }
  if (service !== undefined) return new Attempts(exchange, service, over).begin();
  respond(
    exchange,
    deny('internal_error', 'No policy of the route answered, and it has no service.'),
    over,
  );
}

/** Why content that a policy has read must not be forwarded; undefined when it may be. */
function refusalOf(exchange: Exchange, body: BufferedContent): ErrorCode | undefined {
  const { failure } = body;
  if (failure !== undefined) {
    // A policy has ignored that the content cannot be read.
    exchange.reason = faultReason(failure);
    return failure.code;
  }
  // A policy has lowered the limit after another one had read.
  return body.exceeds(exchange.downstream.maxBodyBytes) ? 'content_too_large' : undefined;
}
