/**
 * gRPC status codes of our own answers, by the HTTP status that the same answer has for other callers. Where the mapping
 * that gRPC clients use for plain HTTP responses knows only UNKNOWN or INTERNAL, the code says whose fault it is.
 * See https://grpc.github.io/grpc/core/md_doc_statuscodes.html.
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

/** The gRPC status code that stands for an HTTP status of an error; 2 (UNKNOWN) for a status that the table does not hold. */
export function grpcStatusOf(httpStatus: number): number {
  return statuses[httpStatus] ?? UNKNOWN;
}

/**
 * The fields of a gRPC response that ends with its head ("Trailers-Only") and denies the call. It goes out with the HTTP
 * status 200.
 * @param httpStatus what another caller would be answered
 * @param message for people; any text
 */
export function grpcDenial(httpStatus: number, message: string): readonly (readonly [name: string, value: string])[] {
  return [['Content-Type', 'application/grpc'], ...grpcStatusFields(httpStatus, message)];
}

/** The two fields that tell, in the head or the trailers of a gRPC response, how the call went. */
export function grpcStatusFields(httpStatus: number, message: string): readonly (readonly [name: string, value: string])[] {
  return [
    ['grpc-status', String(grpcStatusOf(httpStatus))],
    ['grpc-message', percentEncoded(message)],
  ];
}

/** Text as the field `grpc-message` holds it: UTF-8, every byte but printable ASCII, and "%", as %XX. */
function percentEncoded(text: string): string {
  let encoded = '';
  for (const byte of new TextEncoder().encode(text)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
