/** Value of an attribute. */
export type OtlpValue = string | number | boolean | OtlpValue[] | undefined;

/** Attributes by name. */
export type OtlpAttributes = Readonly<Record<string, OtlpValue>>;

/** Kinds of spans, at the index they have in OTLP. */
export const otlpSpanKinds = [
  'unspecified',
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
] as const;

/** Status codes of spans, at the index they have in OTLP. */
export const otlpStatusCodes = ['unset', 'ok', 'error'] as const;

/** A decoded span. Ids are lower-case hex, empty when absent. */
export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: (typeof otlpSpanKinds)[number];
  readonly startTimeUnixNano: bigint;
  readonly endTimeUnixNano: bigint;
  readonly attributes: OtlpAttributes;
  readonly status: (typeof otlpStatusCodes)[number];
  readonly flags: number;
  /** Attributes of the resource the span belongs to. */
  readonly resource: OtlpAttributes;
  /** Name of the instrumentation scope. */
  readonly scope: string;
  /**
   * Version of the conventions that the attributes of the resource follow; empty when it is absent.
   */
  readonly resourceSchemaUrl: string;
  /** The same for the attributes of the span. */
  readonly scopeSchemaUrl: string;
}
