import type { Verdict } from '@sluice/policy-sdk/run';
import { authenticate } from './authenticate.ts';
import type { Exchange } from './exchange.ts';
import { forward } from './forward.ts';
import { match, refuse } from './match.ts';
import { clientGone, respond, respondToFault } from './respond.ts';
import { answer, authorize, limit, receive, validate } from './run-phase.ts';
import { settle } from './settle.ts';
import { shed } from './shed.ts';
import { transform } from './transform.ts';

type Step = (exchange: Exchange) => Verdict | Promise<Verdict>;

/** The steps before the upstream call, in order. A step returns a reply to stop, or undefined. */
const steps: readonly Step[] = [
  shed,
  match,
  receive,
  authenticate,
  authorize,
  limit,
  refuse,
  validate,
  transform,
  answer,
];

/** Handles a request. Never throws; creates and awaits no promise unless a policy returns one. */
export function handle(exchange: Exchange): void {
  try {
    exchange.open();
    run(exchange, 0);
  } catch (fault) {
    fail(exchange, fault);
  }
}

/**
 * Runs the steps from an index on, then calls the upstream. The code that ends the exchange settles
 * it.
 */
function run(exchange: Exchange, from: number): void {
  for (let index = from; index < steps.length; index++) {
    const verdict = (steps[index] as Step)(exchange);
    if (verdict instanceof Promise) return waitFor(verdict, exchange, index);
    if (isOver(exchange, verdict)) return;
  }
  forward(exchange, settle);
}

function waitFor(pending: Promise<Verdict>, exchange: Exchange, index: number): void {
  pending
    .then((verdict) => {
      const { current } = exchange;
      if (!isOver(current, verdict)) run(current, index + 1);
    })
    .catch((fault: unknown) => fail(exchange.current, fault));
}

/** Ends the exchange when its client has left or when it was stopped. Returns whether it did. */
function isOver(exchange: Exchange, verdict: Verdict): boolean {
  if (exchange.isAbandoned) abandon(exchange);
  else if (verdict !== undefined) respond(exchange, verdict, settle);
  else return false;
  return true;
}

function fail(exchange: Exchange, fault: unknown): void {
  // Content that cannot be read because its client has left.
  if (exchange.isAbandoned) abandon(exchange);
  else respondToFault(exchange, fault, settle);
}

function abandon(exchange: Exchange): void {
  clientGone(exchange);
  settle(exchange);
}
