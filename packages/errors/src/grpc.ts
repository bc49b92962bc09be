/**
 * gRPC status codes of the gateway's responses, by the HTTP status that other callers get. Where
 * the standard mapping of HTTP to gRPC statuses has only UNKNOWN or INTERNAL, this table has a more
 * precise code. See https://grpc.github.io/grpc/core/md_doc_statuscodes.html.
 */
const statuses: Readonly<Record<number, number>> = Object.freeze({
  400: 3, // INVALID_ARGUMENT
  401: 16, // UNAUTHENTICATED
  403: 7, // PERMISSION_DENIED
  404: 12, // UNIMPLEMENTED: the gateway knows no such service or method
  405: 12,
  408: 4, // DEADLINE_EXCEEDED
  409: 10, // ABORTED
  412: 9, // FAILED_PRECONDITION
  413: 8, // RESOURCE_EXHAUSTED
  414: 3,
  415: 3,
  417: 3,
  422: 3,
  429: 8,
  431: 8,
  500: 13, // INTERNAL
  501: 12,
  502: 14, // UNAVAILABLE
  503: 14,
  504: 4,
  505: 12,
  508: 13,
});
const UNKNOWN = 2;

/**
 * Returns the gRPC status code for an HTTP error status; 2 (UNKNOWN) for a status that is not in
 * the table.
 */
export function grpcStatusOf(httpStatus: number): number {
  return statuses[httpStatus] ?? UNKNOWN;
}

/**
 * Returns the fields of a gRPC response without content ("Trailers-Only") that denies the call. It
 * is sent with the HTTP status 200.
 * @param httpStatus the status that an HTTP caller would get
 * @param message for people; any text
 */
export function grpcDenial(
  httpStatus: number,
  message: string,
): readonly (readonly [name: string, value: string])[] {
  return [['Content-Type', 'application/grpc'], ...grpcStatusFields(httpStatus, message)];
}

/**
 * Returns the two fields that carry the status of a call, in the head or the trailers of a gRPC
 * response.
 */
export function grpcStatusFields(
  httpStatus: number,
  message: string,
): readonly (readonly [name: string, value: string])[] {
  return [
    ['grpc-status', String(grpcStatusOf(httpStatus))],
    ['grpc-message', percentEncoded(message)],
  ];
}

/**
 * Encodes text for the field `grpc-message`: UTF-8, every byte but printable ASCII, and "%", as
 * %XX.
 */
function percentEncoded(text: string): string {
  let encoded = '';
  for (const byte of new TextEncoder().encode(text)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += isPlain
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
