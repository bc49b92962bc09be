/**
 * Names of the gRPC status codes, by number:
 * https://grpc.github.io/grpc/core/md_doc_statuscodes.html.
 */
const names = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

/** The highest status code that gRPC defines. */
export const maxGrpcStatus = names.length - 1;

/**
 * The codes that the OpenTelemetry conventions count as errors of a server; the others are errors
 * of the caller.
 */
const serverErrors: ReadonlySet<string> = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

/**
 * The name of a status code; the number as text when gRPC defines none, which clients read as
 * UNKNOWN.
 */
export function grpcStatusName(status: number): string {
  return names[status] ?? String(status);
}

/**
 * Whether the status is an error of the server. A code that gRPC does not define counts as UNKNOWN,
 * so it is one; -1 is not.
 */
export function isGrpcServerError(status: number): boolean {
  return status > maxGrpcStatus || (status > 0 && serverErrors.has(grpcStatusName(status)));
}
