import type { HeaderList } from '@sluice/http1';
import { isValidTracestate } from '@sluice/telemetry';
import { ownFields } from './own-fields.ts';

/**
 * Returns the caller's `traceparent`; undefined when there is none, or more than one, because the
 * request's trace is then ambiguous. A list in one field is not a valid `traceparent` either.
 */
export function traceparentOf(headers: HeaderList): string | undefined {
  return headers.hasOne(ownFields.traceparent) ? headers.get(ownFields.traceparent) : undefined;
}

/**
 * Returns the caller's `tracestate`, its lines joined in order (RFC 9110 section 5.3); undefined
 * when it is absent or invalid.
 */
export function tracestateOf(headers: HeaderList): string | undefined {
  if (!headers.has(ownFields.tracestate)) return undefined;
  const value = headers.hasOne(ownFields.tracestate)
    ? headers.get(ownFields.tracestate)
    : headers.getAll(ownFields.tracestate).join(',');
  return value !== undefined && isValidTracestate(value) ? value : undefined;
}

/** The fields of a request, and the caller's `tracestate` when its trace is continued. */
interface TracedRequest {
  readonly headers: HeaderList;
  readonly tracestate: string | undefined;
}

/**
 * Sets the `tracestate` for the upstream: one valid field when the trace is continued, otherwise
 * none. Each attempt sets `traceparent` itself, because it names the span of the attempt.
 */
export function passOnTracestate({ headers, tracestate }: TracedRequest): void {
  if (!headers.has(ownFields.tracestate)) return;
  if (tracestate === undefined) headers.remove(ownFields.tracestate);
  else if (!headers.hasOne(ownFields.tracestate)) headers.setOwn(ownFields.tracestate, tracestate);
}
