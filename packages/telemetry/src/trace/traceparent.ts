/** What a valid `traceparent` says. */
export interface Traceparent {
  readonly traceId: string;
  /** Id of the caller's span. */
  readonly parentSpanId: string;
  readonly sampled: boolean;
}

/** Characters of a field of version 00, and of the part of later versions that is understood. */
const knownChars = 55;

/** Version but ff, trace id and parent id but all zeros, flags; then the end, or the dash before what later versions add. */
const format = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/;

/** The sampled flag is the lowest bit of the last digit. */
const oddDigits = '13579bdf';

/**
 * Reads a `traceparent` field (W3C Trace Context, sections 3.2 and 4.3): lower-case hex, ids that are not all zero, never
 * version ff. Version 00 has exactly four parts; of a later version the first four are read and more may follow. Answers
 * undefined for anything else: the trace then starts anew, and `tracestate` must not be passed on.
 */
export function parseTraceparent(value: string): Traceparent | undefined {
  if (!format.test(value)) return undefined;
  if (value.length > knownChars && value.startsWith('00')) return undefined;
  return {
    traceId: value.slice(3, 35),
    parentSpanId: value.slice(36, 52),
    sampled: oddDigits.includes(value.charAt(knownChars - 1)),
  };
}

/** Writes a `traceparent` field of version 00. Of the flags only `sampled` is known to that version. */
export function formatTraceparent(traceId: string, spanId: string, sampled: boolean): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}
