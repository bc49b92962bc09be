// The global of that name is a getter: asking it costs as much as the clock itself.
import { performance } from 'node:perf_hooks';
import type { Exchange } from './exchange.ts';

/** The exchange is over: the settle policies, one line in the access log, the counts, and spans when it is recorded. */
export function settle(exchange: Exchange): void {
  if (exchange.isSettled) return;
  exchange.isSettled = true;
  const { proxy, pipeline } = exchange;
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
  count(exchange);
  proxy.accessLog?.write(exchange);
  if (exchange.trace.recorded) proxy.tracer.record(exchange);
  // Last: the log and the spans are told what the connection counted.
  if (exchange.isLent) exchange.retire();
}

function count(exchange: Exchange): void {
  const { proxy, plan, code, stoppedBy } = exchange;
  const metrics = plan === undefined ? proxy.unmatched : plan.metrics;
  metrics.record(exchange.status, exchange.durationMs, exchange.requestBytes, exchange.responseBytes);
  if (exchange.upstreamDurationMs >= 0) plan?.service?.durations.record(exchange.upstreamDurationMs / 1000);
  if (exchange.grpcStatus >= 0) metrics.recordGrpc(exchange.grpcStatus);
  if (code !== undefined) proxy.metrics.recordError(code);
  if (stoppedBy !== undefined && code !== undefined) proxy.denials.add(stoppedBy, 'enforce');
  if (exchange.shadow.length > 0) for (const policy of exchange.shadow) proxy.denials.add(policy, 'shadow');
}
