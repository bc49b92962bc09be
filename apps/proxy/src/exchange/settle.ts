import type { Exchange } from './exchange.ts';

/** The exchange is over: one line in the access log, the counts, a span when it is sampled, and the settle policies. */
export function settle(exchange: Exchange): void {
  const { surroundings, pipeline } = exchange;
  exchange.durationMs = performance.now() - exchange.startedAtMs;
  const steps = pipeline.settle;
  if (steps !== undefined) {
    for (const step of steps) {
      try {
        step.run(exchange);
      } catch (fault) {
        exchange.notePolicyFault(step.policy, fault);
      }
    }
  }
  surroundings.accessLog.write(exchange);
  surroundings.metrics.record(exchange);
  if (exchange.trace.sampled) surroundings.tracer.record(exchange);
}
