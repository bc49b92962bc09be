import { catalogue, problem } from '@sluice/errors';
import type { AccessRecord } from '@sluice/telemetry';
import type { Downstream, ListenerEvents, OwnAnswer, Refusal } from './downstream.ts';
import { Exchange } from './exchange.ts';
import { handle } from './handle.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * Joins the listener to the request path: one exchange per connection, or a new one after a custom policy has seen it; one
 * line in the log for what never became an exchange.
 */
export function listenerEvents(surroundings: Surroundings): ListenerEvents {
  return {
    connection(downstream: Downstream): () => void {
      let exchange = new Exchange(downstream, surroundings);
      return () => {
        if (exchange.isSpent) exchange = new Exchange(downstream, surroundings);
        handle(exchange);
      };
    },
    refused(refusal: Refusal): string {
      const requestId = surroundings.newRequestId();
      surroundings.metrics.recordError(refusal.code);
      surroundings.unmatched.record(refusal.status, 0, 0, 0);
      const { code, reason } = refusal;
      const { source } = catalogue[code];
      surroundings.accessLog?.write({ ...recordOf(refusal, requestId, surroundings), source, code, reason });
      surroundings.noteRefusal(refusal, requestId);
      return JSON.stringify(problem(refusal.code, { requestId }));
    },
    answered(answer: OwnAnswer): void {
      surroundings.unmatched.record(answer.status, 0, 0, 0);
      surroundings.accessLog?.write(recordOf(answer, surroundings.newRequestId(), surroundings));
    },
  };
}

/** What the access log is told of a message that never became an exchange. */
function recordOf({ status, method, host, path, protocol, peerAddress }: OwnAnswer, requestId: string, surroundings: Surroundings): AccessRecord {
  return {
    requestId,
    startTimeMs: Date.now(),
    durationMs: 0,
    status,
    source: 'gateway',
    code: undefined,
    reason: undefined,
    method,
    host,
    path,
    protocol,
    clientAddress: peerAddress,
    userAgent: undefined,
    route: undefined,
    service: undefined,
    consumer: undefined,
    revision: surroundings.runtime().revision,
    trace: { traceId: '' },
    targetAddress: undefined,
    upstreamPath: undefined,
    upstreamDurationMs: -1,
    requestBytes: 0,
    responseBytes: 0,
    shadow: [],
  };
}
