import { readPairs } from './otel-variables.ts';
import type { OtelValues, OtlpProtocol } from './otel-variables.ts';

/** Where and how spans are sent. */
export interface OtlpSettings {
  readonly endpoint: string;
  /**
   * True when the endpoint is the whole address for traces, so that `v1/traces` is not appended.
   */
  readonly isComplete: boolean;
  readonly protocol: OtlpProtocol;
  readonly headers: Readonly<Record<string, string>>;
  /** How long an export may take, including retries, in milliseconds. */
  readonly exportTimeoutMs: number;
}

/** Which traces are sampled. */
export interface SamplerSettings {
  /** The share of the traces that start in this program, 0 to 1. */
  readonly ratio: number;
  /**
   * True when the decision of a caller with a valid `traceparent` is followed; false when ours
   * replaces it.
   */
  readonly followsParent: boolean;
}

/** The values of the standard variables for traces. */
export interface TraceSettings {
  /** Undefined when nothing is recorded: no endpoint is set, or traces are switched off. */
  readonly otlp: OtlpSettings | undefined;
  readonly sampler: SamplerSettings;
  /** Attributes of the resource; they take precedence over those that a program sets. */
  readonly resourceAttributes: Readonly<Record<string, string>>;
}

const defaultExportTimeoutMs = 5_000;

/**
 * Reads the standard variables, which were checked with `otelVariables`.
 *
 * @param shareOfTraces share of the traces that start here, 0 to 1, from a setting of our own; it
 * takes precedence over the sampler
 */
export function readTraceSettings(values: OtelValues, shareOfTraces?: number): TraceSettings {
  const { OTEL_SERVICE_NAME: serviceName } = values;
  return {
    otlp: readOtlp(values),
    sampler:
      shareOfTraces === undefined
        ? readSampler(values)
        : { ratio: shareOfTraces, followsParent: true },
    resourceAttributes: {
      ...readPairs(values.OTEL_RESOURCE_ATTRIBUTES ?? ''),
      ...(serviceName === undefined ? {} : { 'service.name': serviceName }),
    },
  };
}

function readOtlp(values: OtelValues): OtlpSettings | undefined {
  if (values.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || values.OTEL_TRACES_EXPORTER === 'none')
    return undefined;
  const complete = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  const endpoint = complete ?? values.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return undefined;
  const protocol = values.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? values.OTEL_EXPORTER_OTLP_PROTOCOL;
  const timeout = values.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT ?? values.OTEL_EXPORTER_OTLP_TIMEOUT;
  return {
    endpoint,
    isComplete: complete !== undefined,
    protocol: protocol === 'http/json' ? 'http/json' : 'http/protobuf',
    headers:
      readPairs(
        values.OTEL_EXPORTER_OTLP_TRACES_HEADERS ?? values.OTEL_EXPORTER_OTLP_HEADERS ?? '',
      ) ?? {},
    exportTimeoutMs: timeout === undefined ? defaultExportTimeoutMs : Number(timeout),
  };
}

function readSampler({
  OTEL_TRACES_SAMPLER: name = 'parentbased_always_on',
  OTEL_TRACES_SAMPLER_ARG: share,
}: OtelValues): SamplerSettings {
  const followsParent = name.startsWith('parentbased_');
  if (name.endsWith('always_on')) return { ratio: 1, followsParent };
  if (name.endsWith('always_off')) return { ratio: 0, followsParent };
  return { ratio: share === undefined ? 1 : Number(share), followsParent };
}
