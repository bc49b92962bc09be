import { GatewayError } from '@sluice/errors';
import type { StepExchange, StepResponse } from './steps.ts';

/**
 * Waits for the result of a hook. The time that its reads wait for content of a client or an
 * upstream does not count: their own timeouts apply. On a timeout, withdraws the exchange and the
 * response before the request continues, and rejects with a GatewayError `policy_failed`.
 */
export function inTime<Result>(
  pending: Promise<Result>,
  exchange: StepExchange,
  response: StepResponse | undefined,
  policy: string,
  timeoutMs: number,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const startedAtMs = performance.now();
    const waitedBeforeMs = exchange.contentWaitedMs;
    const late = (): void => {
      const waitedMs = exchange.contentWaitedMs - waitedBeforeMs;
      const leftMs = startedAtMs + timeoutMs + waitedMs - performance.now();
      if (leftMs >= 1) {
        timer = setTimeout(late, leftMs);
        return;
      }
      reject(
        new GatewayError('policy_failed', {
          cause: `the policy "${policy}" did not answer within ${timeoutMs} ms`,
        }),
      );
      // Runs before the handlers of the rejection, which run in a microtask.
      exchange.withdraw();
      response?.withdraw();
    };
    let timer = setTimeout(late, timeoutMs);
    const over = (): void => clearTimeout(timer);
    pending.then(over, over);
    pending.then(resolve, reject);
  });
}
