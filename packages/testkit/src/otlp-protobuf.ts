import protobuf from 'protobufjs/minimal.js';
import { otlpSpanKinds, otlpStatusCodes } from './otlp-span.ts';
import type { OtlpAttributes, OtlpSpan, OtlpValue } from './otlp-span.ts';

type Reader = protobuf.Reader;
type ProxyServices = Pick<OtlpSpan, 'resource' | 'scope' | 'resourceSchemaUrl' | 'scopeSchemaUrl'>;

/** Reads one field if it knows the number; returns false to skip it. */
type FieldReader = (field: number, reader: Reader) => boolean;

function readMessage(bytes: Uint8Array, readField: FieldReader): void {
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (!readField(tag >>> 3, reader)) reader.skipType(tag & 7);
  }
}

const hex = (reader: Reader): string => Buffer.from(reader.bytes()).toString('hex');

function fixed64(reader: Reader): bigint {
  const low = reader.fixed32();
  return (BigInt(reader.fixed32()) << 32n) | BigInt(low);
}

/**
 * Message `AnyValue`. Key-value lists and bytes are not used by what is tested, and read as
 * undefined.
 */
function readValue(bytes: Uint8Array): OtlpValue {
  let value: OtlpValue;
  readMessage(bytes, (field, reader) => {
    if (field === 1) value = reader.string();
    else if (field === 2) value = reader.bool();
    else if (field === 3) value = Number(String(reader.int64()));
    else if (field === 4) value = reader.double();
    else if (field === 5) value = readArray(reader.bytes());
    else return false;
    return true;
  });
  return value;
}

function readArray(bytes: Uint8Array): OtlpValue[] {
  const values: OtlpValue[] = [];
  readMessage(bytes, (field, reader) => field === 1 && values.push(readValue(reader.bytes())) > 0);
  return values;
}

/** Message `KeyValue`. */
function readAttribute(bytes: Uint8Array): [string, OtlpValue] {
  let key = '';
  let value: OtlpValue;
  readMessage(bytes, (field, reader) => {
    if (field === 1) key = reader.string();
    else if (field === 2) value = readValue(reader.bytes());
    else return false;
    return true;
  });
  return [key, value];
}

/** Message `Resource`: field 1 is its attributes. */
function readResource(bytes: Uint8Array): OtlpAttributes {
  const attributes: [string, OtlpValue][] = [];
  readMessage(
    bytes,
    (field, reader) => field === 1 && attributes.push(readAttribute(reader.bytes())) > 0,
  );
  return Object.fromEntries(attributes);
}

/** Message `InstrumentationScope`: field 1 is its name. */
function readScopeName(bytes: Uint8Array): string {
  let name = '';
  readMessage(bytes, (field, reader) => field === 1 && ((name = reader.string()), true));
  return name;
}

/** Message `Status`: field 3 is its code. */
function readStatus(bytes: Uint8Array): number {
  let code = 0;
  readMessage(bytes, (field, reader) => field === 3 && ((code = reader.uint32()), true));
  return code;
}

/** Message `Span`. */
function readSpan(bytes: Uint8Array, proxy: ProxyServices): OtlpSpan {
  const span = { traceId: '', spanId: '', parentSpanId: '', traceState: '', name: '', flags: 0 };
  let kind = 0;
  let status = 0;
  let startTimeUnixNano = 0n;
  let endTimeUnixNano = 0n;
  const attributes: [string, OtlpValue][] = [];
  readMessage(bytes, (field, reader) => {
    if (field === 1) span.traceId = hex(reader);
    else if (field === 2) span.spanId = hex(reader);
    else if (field === 3) span.traceState = reader.string();
    else if (field === 4) span.parentSpanId = hex(reader);
    else if (field === 5) span.name = reader.string();
    else if (field === 6) kind = reader.uint32();
    else if (field === 7) startTimeUnixNano = fixed64(reader);
    else if (field === 8) endTimeUnixNano = fixed64(reader);
    else if (field === 9) attributes.push(readAttribute(reader.bytes()));
    else if (field === 15) status = readStatus(reader.bytes());
    else if (field === 16) span.flags = reader.fixed32();
    else return false;
    return true;
  });
  return {
    ...span,
    kind: otlpSpanKinds[kind] ?? 'unspecified',
    status: otlpStatusCodes[status] ?? 'unset',
    startTimeUnixNano,
    endTimeUnixNano,
    attributes: Object.fromEntries(attributes),
    ...proxy,
  };
}

/** Message `ScopeSpans`: the scope may stand behind its spans. */
function readScopeSpans(
  bytes: Uint8Array,
  resource: OtlpAttributes,
  resourceSchemaUrl: string,
): OtlpSpan[] {
  let scope = '';
  let scopeSchemaUrl = '';
  const spans: Uint8Array[] = [];
  readMessage(bytes, (field, reader) => {
    if (field === 1) scope = readScopeName(reader.bytes());
    else if (field === 2) spans.push(reader.bytes());
    else if (field === 3) scopeSchemaUrl = reader.string();
    else return false;
    return true;
  });
  return spans.map((span) =>
    readSpan(span, { resource, scope, resourceSchemaUrl, scopeSchemaUrl }),
  );
}

/** Message `ResourceSpans`: the resource may stand behind its spans. */
function readResourceSpans(bytes: Uint8Array): OtlpSpan[] {
  let resource: OtlpAttributes = {};
  let schemaUrl = '';
  const scopes: Uint8Array[] = [];
  readMessage(bytes, (field, reader) => {
    if (field === 1) resource = readResource(reader.bytes());
    else if (field === 2) scopes.push(reader.bytes());
    else if (field === 3) schemaUrl = reader.string();
    else return false;
    return true;
  });
  return scopes.flatMap((scope) => readScopeSpans(scope, resource, schemaUrl));
}

/**
 * Decodes an OTLP `ExportTraceServiceRequest` in protobuf. Field numbers: opentelemetry-proto 1,
 * `trace.proto`, `common.proto`, `resource.proto`; no package carries the definitions. Throws a
 * RangeError for bytes that end too soon.
 */
export function decodeOtlpProtobuf(bytes: Uint8Array): OtlpSpan[] {
  const spans: OtlpSpan[] = [];
  readMessage(
    bytes,
    (field, reader) => field === 1 && (spans.push(...readResourceSpans(reader.bytes())), true),
  );
  return spans;
}
