import type { Verdict } from '../runtime/guard.ts';
import { authenticate } from './authenticate.ts';
import type { Exchange } from './exchange.ts';
import { forward } from './forward.ts';
import { match } from './match.ts';
import { clientGone, respond, respondToFault } from './respond.ts';
import { answer, authorize, limit, receive, validate } from './run-phase.ts';
import { settle } from './settle.ts';
import { shed } from './shed.ts';
import { transform } from './transform.ts';

type Step = (exchange: Exchange) => Verdict | Promise<Verdict>;

/** What happens to a request before an upstream is asked, in order. A step answers a reply to stop with, or nothing. */
const steps: readonly Step[] = [shed, match, receive, authenticate, authorize, limit, validate, transform, answer];

/** The life of a request. Never rejects. */
export async function handle(exchange: Exchange): Promise<void> {
  try {
    exchange.open();
    for (const step of steps) {
      const verdict = step(exchange);
      const reply = verdict instanceof Promise ? await verdict : verdict;
      if (exchange.isAbandoned) return clientGone(exchange);
      if (reply !== undefined) return respond(exchange, reply);
    }
    await forward(exchange);
  } catch (fault) {
    respondToFault(exchange, fault);
  } finally {
    settle(exchange);
  }
}
