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
const steps: readonly Step[] = [shed, match, receive, authenticate, authorize, limit, refuse, validate, transform, answer];

/** The life of a request. Never throws; it makes no promise and waits for none unless a policy made one. */
export function handle(exchange: Exchange): void {
  try {
    exchange.open();
    run(exchange, 0);
  } catch (fault) {
    fail(exchange, fault);
  }
}

/** Answers what `match` found out: it waits for the policies that look at every request, so that none is passed by. */
function refuse(exchange: Exchange): Verdict {
  return exchange.refusal;
}

/** Takes the steps from one on; behind the last one the upstream is asked, and whoever ends the exchange settles it. */
function run(exchange: Exchange, from: number): void {
  for (let index = from; index < steps.length; index++) {
    const verdict = (steps[index] as Step)(exchange);
    if (verdict instanceof Promise) return waitFor(verdict, exchange, index);
    if (isOver(exchange, verdict)) return settle(exchange);
  }
  forward(exchange, settle);
}

function waitFor(pending: Promise<Verdict>, exchange: Exchange, index: number): void {
  pending
    .then((verdict) => {
      const { current } = exchange;
      return isOver(current, verdict) ? settle(current) : run(current, index + 1);
    })
    .catch((fault: unknown) => fail(exchange.current, fault));
}

function isOver(exchange: Exchange, verdict: Verdict): boolean {
  if (exchange.isAbandoned) clientGone(exchange);
  else if (verdict !== undefined) respond(exchange, verdict);
  else return false;
  return true;
}

function fail(exchange: Exchange, fault: unknown): void {
  respondToFault(exchange, fault);
  settle(exchange);
}
