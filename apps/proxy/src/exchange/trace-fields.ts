import type { HeaderList } from '@sluice/http1';
import { isValidTracestate } from '@sluice/telemetry';
import type { Exchange } from './exchange.ts';
import { ownFields } from './own-fields.ts';

/**
 * The caller's `traceparent`: undefined when there is none, or more than one: it cannot be known then which
 * trace the request belongs to. A list in one field is not a `traceparent` either.
 */
export function traceparentOf(headers: HeaderList): string | undefined {
  return headers.hasOne(ownFields.traceparent) ? headers.get(ownFields.traceparent) : undefined;
}

/** The caller's `tracestate`, its lines joined in order (RFC 9110 section 5.3); undefined when there is none that is valid. */
export function tracestateOf(headers: HeaderList): string | undefined {
  if (!headers.has(ownFields.tracestate)) return undefined;
  const value = headers.hasOne(ownFields.tracestate) ? headers.get(ownFields.tracestate) : headers.getAll(ownFields.tracestate).join(',');
  return value !== undefined && isValidTracestate(value) ? value : undefined;
}

/**
 * Leaves `tracestate` as the upstream is to see it: one valid field of a trace that is continued, or none. `traceparent` is
 * set by each attempt, because it names the span of the attempt.
 */
export function passOnTracestate({ headers, tracestate }: Exchange): void {
  if (!headers.has(ownFields.tracestate)) return;
  if (tracestate === undefined) headers.remove(ownFields.tracestate);
  else if (!headers.hasOne(ownFields.tracestate)) headers.setOwn(ownFields.tracestate, tracestate);
}
