/**
 * The standard variables of OpenTelemetry that both programs read, as its specification defines
 * them: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ and
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/. Two things are stricter: nothing is
 * exported unless an endpoint is set, and a value that cannot be used is an error at start instead
 * of a warning.
 */

/** Name of a variable of {@link otelVariables}. */
export type OtelVariableName = keyof typeof otelVariables;

/** Values of the variables; one that is not set is undefined. */
export type OtelValues = Readonly<Partial<Record<OtelVariableName, string | undefined>>>;

/** The protocols of the export. */
export const otlpProtocols = ['http/protobuf', 'http/json'] as const;
export type OtlpProtocol = (typeof otlpProtocols)[number];

/** Samplers that are supported. */
export const samplers = [
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
  'always_on',
  'always_off',
  'traceidratio',
] as const;

interface OtelVariable {
  /** What the variable does, for `--help`. */
  readonly text: string;
  /**
   * What is wrong with a value, such as "must be true or false"; undefined when nothing is. Never
   * shows the value.
   */
  readonly faultOf: (value: string) => string | undefined;
}

const protocolFault = (value: string): string | undefined => {
  if ((otlpProtocols as readonly string[]).includes(value)) return undefined;
  const other =
    value === 'grpc'
      ? '; for a collector that takes only grpc, enable its OTLP/HTTP receiver (port 4318)'
      : '';
  return `must be http/protobuf or http/json${other}`;
};
const endpointFault = (value: string): string | undefined =>
  /^https?:\/\/[^/?#]/i.test(value) && URL.canParse(value)
    ? undefined
    : 'must look like http://host:4318';
const timeoutFault = (value: string): string | undefined =>
  /^[1-9]\d{0,5}$/.test(value) ? undefined : 'must be a number of milliseconds from 1 to 999999';
const headersFault = (value: string): string | undefined => {
  const pairs = readPairs(value);
  return pairs !== undefined && Object.entries(pairs).every(([name, text]) => isField(name, text))
    ? undefined
    : 'must look like name=value,name=value, with values percent-encoded where needed';
};
const serviceNameFault = (value: string): string | undefined =>
  value.length <= 255 ? undefined : 'must have at most 255 characters';

/**
 * Every variable, in the order in which `--help` lists them. A variable for traces takes precedence
 * over the general one.
 */
export const otelVariables = Object.freeze({
  OTEL_SDK_DISABLED: {
    text: 'true: no trace is begun or recorded.',
    faultOf: (value) => (/^(?:true|false)$/i.test(value) ? undefined : 'must be true or false'),
  },
  OTEL_TRACES_EXPORTER: {
    text: 'none: spans are not exported, even with an endpoint. Default otlp.',
    faultOf: (value) => (value === 'otlp' || value === 'none' ? undefined : 'must be otlp or none'),
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    text: 'OTLP/HTTP endpoint traces are sent to, such as http://127.0.0.1:4318; v1/traces is appended.',
    faultOf: endpointFault,
  },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: {
    text: 'The same for traces alone, used as it is: http://127.0.0.1:4318/v1/traces.',
    faultOf: endpointFault,
  },
  OTEL_EXPORTER_OTLP_PROTOCOL: {
    text: 'http/protobuf (default) or http/json.',
    faultOf: protocolFault,
  },
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: {
    text: 'The same for traces alone.',
    faultOf: protocolFault,
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    text: 'Fields sent with every export, name=value separated by commas; may hold a secret, and is never logged.',
    faultOf: headersFault,
  },
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: { text: 'The same for traces alone.', faultOf: headersFault },
  OTEL_EXPORTER_OTLP_TIMEOUT: {
    text: 'How long an export may take with its retries, milliseconds. Default 5000.',
    faultOf: timeoutFault,
  },
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: { text: 'The same for traces alone.', faultOf: timeoutFault },
  OTEL_TRACES_SAMPLER: {
    text: `Which traces are sampled: ${samplers.join(', ')}. Default parentbased_always_on.`,
    faultOf: (value) =>
      (samplers as readonly string[]).includes(value)
        ? undefined
        : `must be one of ${samplers.join(', ')}`,
  },
  OTEL_TRACES_SAMPLER_ARG: {
    text: 'Share of traces for the samplers with traceidratio, 0 to 1. Default 1.',
    faultOf: (value) =>
      /^(?:0?\.\d{1,9}|[01](?:\.0{1,9})?)$/.test(value)
        ? undefined
        : 'must be a number from 0 to 1',
  },
  OTEL_SERVICE_NAME: {
    text: 'The service.name of the resource; default: the name of the program.',
    faultOf: serviceNameFault,
  },
  OTEL_RESOURCE_ATTRIBUTES: {
    text: 'More attributes of the resource, key=value separated by commas, values percent-encoded.',
    faultOf: (value) =>
      readPairs(value) === undefined
        ? 'must look like key=value,key=value, with values percent-encoded where needed'
        : undefined,
  },
} as const satisfies Record<string, OtelVariable>);

const fieldName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Whether HTTP allows a field (RFC 9110 sections 5.1 and 5.5). */
function isField(name: string, text: string): boolean {
  return fieldName.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}

/**
 * Reads pairs in the form of W3C Baggage, `key=value,key=value`: space around keys and values is
 * ignored, values are percent-decoded. Returns undefined when the text has another form or more
 * than 100 pairs.
 */
export function readPairs(text: string): Readonly<Record<string, string>> | undefined {
  const pairs: Record<string, string> = Object.create(null) as Record<string, string>;
  const members = text.split(',').map((member) => member.trim());
  if (members.length > 100) return undefined;
  for (const member of members) {
    if (member === '') continue;
    const equals = member.indexOf('=');
    const key = member.slice(0, equals).trim();
    if (equals < 1 || key === '') return undefined;
    try {
      pairs[key] = decodeURIComponent(member.slice(equals + 1).trim());
    } catch {
      return undefined;
    }
  }
  return pairs;
}
