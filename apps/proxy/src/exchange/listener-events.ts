import { catalogue, problem, type ErrorSource } from '@sluice/errors';
import type { AccessRecord } from '@sluice/telemetry';
import type { Downstream, ListenerEvents, Refusal } from './downstream.ts';
import { Exchange } from './exchange.ts';
import { handle } from './handle.ts';
import type { Surroundings } from './surroundings.ts';

/** Joins the listener to the request path: one exchange per connection, one line in the log for what never became one. */
export function listenerEvents(surroundings: Surroundings): ListenerEvents {
  return {
    connection(downstream: Downstream): () => void {
      const exchange = new Exchange(downstream, surroundings);
      return () => handle(exchange);
    },
    refused(refusal: Refusal): string {
      const requestId = surroundings.newRequestId();
      surroundings.metrics.recordError(refusal.code);
      surroundings.unmatched.record(refusal.status, 0, 0, 0);
      surroundings.accessLog?.write(refusedRecord(refusal, requestId, surroundings));
      surroundings.noteRefusal(refusal, requestId);
      return JSON.stringify(problem(refusal.code, { requestId }));
    },
  };
}

function refusedRecord(refusal: Refusal, requestId: string, surroundings: Surroundings): AccessRecord {
  const source: ErrorSource = catalogue[refusal.code].source;
  return {
    requestId,
    startTimeMs: Date.now(),
    durationMs: 0,
    status: refusal.status,
    source,
    code: refusal.code,
    method: refusal.method,
    host: refusal.host,
    path: refusal.path,
    protocol: '1.1',
    clientAddress: refusal.peerAddress,
    userAgent: undefined,
    route: undefined,
    service: undefined,
    consumer: undefined,
    revision: surroundings.runtime().revision,
    trace: { traceId: '' },
    targetAddress: undefined,
    upstreamDurationMs: -1,
    requestBytes: 0,
    responseBytes: 0,
    shadow: [],
  };
}
