/**
 * Responds to faults that `node:http` finds before there is a request, in the form that the edge
 * uses.
 */
import { problem, problemMediaType } from '@sluice/errors';
import type { ErrorCode } from '@sluice/errors';
import { statusText } from './status-text.ts';

/**
 * Codes of the errors that `node:http` passes to `clientError`:
 * https://nodejs.org/api/http.html#event-clienterror
 */
const codes: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'header_fields_too_large',
  HPE_INVALID_TRANSFER_ENCODING: 'malformed_request',
  HPE_INVALID_VERSION: 'malformed_request',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/** The entry of the error catalogue for an error of `node:http`. */
function errorOfClient(code: string | undefined): ErrorCode {
  return codes[code ?? ''] ?? 'malformed_request';
}

/** The parts of a socket of `node:http` that are used here. */
export interface RefusedSocket {
  readonly writable: boolean;
  destroy(): unknown;
  end(text: string): unknown;
  on(event: 'error', listener: () => void): unknown;
}

/** The current request of a socket, with its response. */
export interface PendingExchange {
  readonly request: { readonly complete: boolean };
  readonly response: {
    readonly headersSent: boolean;
    once(event: 'finish', listener: () => void): unknown;
  };
}

/**
 * Responds to bytes that are not a request, and ends the connection. A response in progress is
 * completed first when those bytes follow its request; when they are part of its content, the
 * refusal replaces it, or it is aborted.
 */
export function refuseBytes(
  fault: { readonly code?: string | undefined },
  socket: RefusedSocket,
  pending: PendingExchange | undefined,
  requestId: string,
): void {
  socket.on('error', () => undefined);
  const refuse = (): void => {
    if (fault.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else socket.end(refusal(errorOfClient(fault.code), requestId));
  };
  if (pending === undefined) refuse();
  else if (pending.request.complete) pending.response.once('finish', refuse);
  else if (pending.response.headersSent) socket.destroy();
  else refuse();
}

/** A complete response for a socket that is closed after it: a problem document for an error. */
export function refusal(code: ErrorCode, requestId: string): string {
  const body = problem(code, { requestId });
  const content = JSON.stringify(body);
  return (
    `HTTP/1.1 ${body.status} ${statusText[body.status] ?? ''}\r\nX-Request-Id: ${requestId}\r\nCache-Control: no-store\r\n` +
    `Content-Type: ${problemMediaType}\r\nContent-Length: ${Buffer.byteLength(content)}\r\nConnection: close\r\n\r\n${content}`
  );
}
