import { catalogue, problem } from '@sluice/errors';
import type { AccessRecord, SpanFacts } from '@sluice/telemetry';
import type { Downstream, ListenerEvents, OwnAnswer, Refusal } from './downstream.ts';
import { Exchange } from './exchange.ts';
import { handle } from './handle.ts';
import { ownFields } from './own-fields.ts';
import type { ProxyServices } from './proxy-services.ts';
import { traceparentOf, tracestateOf } from './trace-fields.ts';

/**
 * Connects the listener to the request path: one exchange per connection, replaced after a custom
 * policy has seen it; one line in the access log for a message that never became an exchange.
 */
export function listenerEvents(proxy: ProxyServices): ListenerEvents {
  return {
    connection(downstream: Downstream): () => void {
      let exchange = new Exchange(downstream, proxy);
      return () => {
        if (exchange.isSpent) exchange = new Exchange(downstream, proxy);
        handle(exchange);
      };
    },
    refused(refusal: Refusal): string {
      const requestId = proxy.newRequestId();
      const { code, reason, grpcStatus } = refusal;
      proxy.metrics.recordError(code);
      const { source } = catalogue[code];
      settle({ ...recordOf(refusal, requestId, proxy), source, code, reason, grpcStatus }, proxy);
      proxy.noteRefusal(refusal, requestId);
      return JSON.stringify(problem(code, { requestId }));
    },
    answered(answer: OwnAnswer): void {
      settle(recordOf(answer, proxy.newRequestId(), proxy), proxy);
    },
  };
}

type Facts = AccessRecord & SpanFacts;

function settle(facts: Facts, proxy: ProxyServices): void {
  proxy.unmatched.record(facts.status, 0, 0, 0);
  if (facts.grpcStatus >= 0) proxy.unmatched.recordGrpc(facts.grpcStatus);
  proxy.accessLog?.write(facts);
  if (facts.trace.recorded) proxy.tracer.record(facts);
}

/**
 * Builds the access log record and SERVER span of a message that never became an exchange. It
 * continues the caller's trace when its head could be parsed; otherwise it starts a trace, sampled
 * by the configured ratio.
 */
function recordOf(answer: OwnAnswer, requestId: string, proxy: ProxyServices): Facts {
  const { status, method, host, path, protocol, encrypted, peerAddress, localPort, headers } =
    answer;
  const trace = proxy.tracer.decide(headers && traceparentOf(headers));
  return {
    requestId,
    startTimeMs: Date.now(),
    durationMs: 0,
    status,
    grpcStatus: -1,
    source: 'gateway',
    code: undefined,
    reason: undefined,
    brokenOff: undefined,
    method,
    scheme: encrypted ? 'https' : 'http',
    host,
    port: localPort,
    path,
    protocol,
    clientAddress: peerAddress,
    peerAddress,
    peerPort: 0,
    userAgent: headers?.get(ownFields.userAgent),
    route: undefined,
    routePattern: undefined,
    service: undefined,
    consumer: undefined,
    authPolicy: undefined,
    authReason: undefined,
    revision: proxy.runtime().revision,
    trace,
    tracestate: trace.continued && headers ? tracestateOf(headers) : undefined,
    attempts: [],
    targetAddress: undefined,
    upstreamPath: undefined,
    upstreamDurationMs: -1,
    requestBytes: 0,
    responseBytes: 0,
    shadow: [],
  };
}
