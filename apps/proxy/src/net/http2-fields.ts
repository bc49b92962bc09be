import { HeaderList } from '@sluice/http1';

/**
 * Fields that HTTP/2 forbids (RFC 9113 section 8.2.2), and Host and Content-Length, which are set
 * separately.
 */
const notSent: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'host',
]);

/**
 * Appends the fields as alternating names and values, the form that node:http2 accepts without an
 * intermediate object.
 */
export function appendFields(raw: string[], headers: HeaderList): string[] {
  headers.forEach((name, value) => {
    if (!notSent.has(name)) raw.push(name, value);
  });
  return raw;
}

/**
 * Reads fields from alternating names and values, without pseudo-header fields; undefined when a
 * field is invalid.
 */
export function fieldsOf(raw: readonly string[]): HeaderList | undefined {
  const headers = new HeaderList();
  try {
    for (let at = 0; at + 1 < raw.length; at += 2) {
      const name = raw[at] as string;
      if (!name.startsWith(':')) headers.add(name, raw[at + 1] as string);
    }
  } catch {
    return undefined;
  }
  return headers;
}

const GRPC = 'application/grpc';

/**
 * Whether a Content-Type is gRPC over HTTP/2: `application/grpc`, optionally with a format such as
 * `+proto`.
 */
export function isGrpcType(value: string | undefined): boolean {
  if (value === undefined || value.length < GRPC.length) return false;
  const next = value[GRPC.length];
  const isWhole =
    next === undefined || next === '+' || next === ';' || next === ' ' || next === '\t';
  return isWhole && (value.startsWith(GRPC) || value.slice(0, GRPC.length).toLowerCase() === GRPC);
}

/** Converts the fields to the form in which node:http2 accepts trailers. */
export function trailersOf(headers: HeaderList | undefined): Record<string, string | string[]> {
  const trailers: Record<string, string | string[]> = {};
  headers?.forEach((name, value) => {
    if (notSent.has(name)) return;
    const before = trailers[name];
    trailers[name] = before === undefined ? value : [before, value].flat();
  });
  return trailers;
}

/**
 * Characters that a field value must not contain (RFC 9113 section 8.2.1); CR and LF would begin
 * another line of the head.
 */
const LINE_BREAKS = /[\r\n\0]/;

/** Whether RFC 9113 section 8.2.1 calls the field value malformed. */
export function isMalformedValue(value: string): boolean {
  return (
    isSpace(value.charCodeAt(0)) ||
    isSpace(value.charCodeAt(value.length - 1)) ||
    LINE_BREAKS.test(value)
  );
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
