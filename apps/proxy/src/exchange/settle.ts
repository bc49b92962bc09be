// The global `performance` is a getter: reading it costs as much as reading the clock.
import { performance } from 'node:perf_hooks';
import type { Outcome } from '@sluice/policy-sdk';
import { runSettle } from '@sluice/policy-sdk/run';
import type { Exchange } from './exchange.ts';

/**
 * Completes the exchange: runs the settle policies, counts it, writes the access log line, and
 * records its spans when it is sampled.
 */
export function settle(exchange: Exchange): void {
  if (exchange.isSettled) return;
  exchange.isSettled = true;
  const { proxy, pipeline } = exchange;
  exchange.durationMs = performance.now() - exchange.startedAtMs;
  const steps = pipeline.settle;
  if (steps !== undefined) runSettle(steps, exchange, outcomeOf(exchange));
  if (--exchange.epoch.open === 0) exchange.epoch.drained();
  count(exchange);
  proxy.accessLog?.write(exchange);
  if (exchange.trace.recorded) proxy.tracer.record(exchange);
  exchange.body?.release();
  exchange.received?.close();
  // Last, because the log and the spans read the byte counts of the connection.
  if (exchange.isShared) exchange.retire();
}

/** What the settle policies are told; created only when there are some. */
function outcomeOf(exchange: Exchange): Outcome {
  const { status, code, source, stoppedBy, brokenOff, durationMs, startTimeMs } = exchange;
  const { upstreamDurationMs, requestBytes, responseBytes, targetAddress, attemptCount } = exchange;
  return {
    status,
    code: code ?? brokenOff,
    source,
    stoppedBy,
    brokenOff,
    startTimeMs,
    durationMs,
    upstreamDurationMs: upstreamDurationMs < 0 ? undefined : upstreamDurationMs,
    requestBytes,
    responseBytes,
    target: targetAddress,
    attempts: attemptCount,
  };
}

function count(exchange: Exchange): void {
  const { proxy, plan, code, stoppedBy } = exchange;
  const metrics = plan === undefined ? proxy.unmatched : plan.metrics;
  metrics.record(
    exchange.status,
    exchange.durationMs,
    exchange.requestBytes,
    exchange.responseBytes,
  );
  if (exchange.upstreamDurationMs >= 0)
    plan?.service?.durations.record(exchange.upstreamDurationMs / 1000);
  if (exchange.grpcStatus >= 0) metrics.recordGrpc(exchange.grpcStatus);
  if (code !== undefined) proxy.metrics.recordError(code);
  if (stoppedBy !== undefined && code !== undefined) proxy.denials.add(stoppedBy, 'enforce');
  if (exchange.shadow.length > 0)
    for (const policy of exchange.shadow) proxy.denials.add(policy, 'shadow');
}
