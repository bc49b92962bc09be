import { otlpSpanKinds, otlpStatusCodes } from './otlp-span.ts';
import type { OtlpAttributes, OtlpSpan, OtlpValue } from './otlp-span.ts';

/**
 * An object or array that came out of JSON.parse; a property that is not there reads as undefined.
 */
type Json = Readonly<Record<string, unknown>>;

const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null ? (value as Json) : {};
const list = (value: unknown): Json[] => (Array.isArray(value) ? value.map(object) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function readValue(value: Json): OtlpValue {
  if (typeof value['stringValue'] === 'string') return value['stringValue'];
  if (typeof value['boolValue'] === 'boolean') return value['boolValue'];
  const number = value['intValue'] ?? value['doubleValue'];
  if (number !== undefined) return Number(number);
  return value['arrayValue'] === undefined
    ? undefined
    : list(object(value['arrayValue'])['values']).map(readValue);
}

const readAttributes = (attributes: unknown): OtlpAttributes =>
  Object.fromEntries(
    list(attributes).map((pair) => [text(pair['key']), readValue(object(pair['value']))]),
  );

type ProxyServices = Pick<OtlpSpan, 'resource' | 'scope' | 'resourceSchemaUrl' | 'scopeSchemaUrl'>;

function readSpan(span: Json, proxy: ProxyServices): OtlpSpan {
  return {
    traceId: text(span['traceId']),
    spanId: text(span['spanId']),
    parentSpanId: text(span['parentSpanId']),
    traceState: text(span['traceState']),
    name: text(span['name']),
    kind: otlpSpanKinds[Number(span['kind'])] ?? 'unspecified',
    startTimeUnixNano: BigInt(String(span['startTimeUnixNano'] ?? 0)),
    endTimeUnixNano: BigInt(String(span['endTimeUnixNano'] ?? 0)),
    attributes: readAttributes(span['attributes']),
    status: otlpStatusCodes[Number(object(span['status'])['code'] ?? 0)] ?? 'unset',
    flags: Number(span['flags'] ?? 0),
    ...proxy,
  };
}

/**
 * Decodes an OTLP `ExportTraceServiceRequest` in JSON. Throws a SyntaxError for text that is not
 * JSON.
 */
export function decodeOtlpJson(bytes: Uint8Array): OtlpSpan[] {
  const request = object(JSON.parse(Buffer.from(bytes).toString('utf8')));
  return list(request['resourceSpans']).flatMap((resourceSpans) => {
    const resource = readAttributes(object(resourceSpans['resource'])['attributes']);
    const resourceSchemaUrl = text(resourceSpans['schemaUrl']);
    return list(resourceSpans['scopeSpans']).flatMap((scopeSpans) => {
      const scope = text(object(scopeSpans['scope'])['name']);
      const scopeSchemaUrl = text(scopeSpans['schemaUrl']);
      return list(scopeSpans['spans']).map((span) =>
        readSpan(span, { resource, scope, resourceSchemaUrl, scopeSchemaUrl }),
      );
    });
  });
}
